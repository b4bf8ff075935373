# The platform. Build from the root: docker build -f deploy/images/platform.Dockerfile -t tagent-platform .
# The base needs Python 3.11 with venv, and is pinned by digest; another by --build-arg BASE=...
ARG BASE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
FROM ${BASE} AS build
COPY deploy/images/build-part /build/
COPY requirements/build.lock requirements/platform.lock /build/requirements/
COPY deploy/images/wheels/README.md deploy/images/wheels/build* deploy/images/wheels/platform* /build/wheels/
RUN sh /build/build-part requirements /opt/tagent /build/requirements/platform.lock
COPY contract /build/contract
COPY platform /build/platform
RUN sh /build/build-part own /opt/tagent contract platform

FROM ${BASE}
# By number, so that an orchestrator can see that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/tagent
COPY --from=build /opt/tagent /opt/tagent
COPY deploy/images/answers.py /opt/tagent/
ENV PATH=/opt/tagent/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp \
    TAGENT_HOST=0.0.0.0 TAGENT_HOME=/var/lib/tagent
USER 10001:10001
# All that it writes; the rest of the file system may be read-only.
VOLUME ["/var/lib/tagent"]
EXPOSE 8000
# That it answers, not that its store does: a store that is away is no reason to restart it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python3", "-ISs", "/opt/tagent/answers.py", "/healthz", "8000", "TAGENT_PORT"]
ENTRYPOINT ["tagent-platform"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tagent platform" \
      org.opencontainers.image.description="Keeps the state of all services, decides what heals them, and proves that it did." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
