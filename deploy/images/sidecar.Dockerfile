# The sidecar. Build from the root: docker build -f deploy/images/sidecar.Dockerfile -t tagent-sidecar .
# The base needs Python 3.11 with venv, and is pinned by digest; another by --build-arg BASE=...
ARG BASE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
FROM ${BASE} AS build
COPY deploy/images/build-part /build/
COPY requirements/build.lock requirements/sidecar.lock /build/requirements/
COPY deploy/images/wheels/README.md deploy/images/wheels/build* deploy/images/wheels/sidecar* /build/wheels/
RUN sh /build/build-part requirements /opt/tagent /build/requirements/sidecar.lock
COPY contract /build/contract
COPY sidecar /build/sidecar
RUN sh /build/build-part own /opt/tagent contract sidecar

FROM ${BASE}
# By number, so that an orchestrator can see that it is not root. Here its token is mounted.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/tagent
COPY deploy/images/answers.py /opt/tagent/
COPY --from=build /opt/tagent /opt/tagent
ENV PATH=/opt/tagent/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp \
    TAGENT_ADMIN=127.0.0.1:9900
USER 10001:10001
# That the sidecar runs: a service that is broken on purpose is no reason to end who broke it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s CMD ["python3", "-ISs", "/opt/tagent/answers.py", "/healthz", "9900", "TAGENT_ADMIN"]
# A command behind the image's name, after --, makes the sidecar its parent.
ENTRYPOINT ["tagent-sidecar", "run"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tagent sidecar" \
      org.opencontainers.image.description="Stands beside a service: proxies, injects faults, checks health, restarts, reports." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
