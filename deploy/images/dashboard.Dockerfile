# The dashboard, and the `tagent` command. Build from the root: docker build -f deploy/images/dashboard.Dockerfile -t tagent-dashboard .
# The base needs Python 3.11 with venv, and is pinned by digest; another by --build-arg BASE=...
ARG BASE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
FROM ${BASE} AS build
COPY deploy/images/build-part /build/
COPY requirements/build.lock requirements/dashboard.lock /build/requirements/
COPY deploy/images/wheels/README.md deploy/images/wheels/build* deploy/images/wheels/dashboard* /build/wheels/
RUN sh /build/build-part requirements /opt/tagent /build/requirements/dashboard.lock
COPY contract /build/contract
COPY client /build/client
COPY dashboard /build/dashboard
RUN sh /build/build-part own /opt/tagent contract client dashboard

FROM ${BASE}
# By number, so that an orchestrator can see that it is not root. Here a token is mounted, or written by `tagent token create --file`.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/tagent
COPY --from=build /opt/tagent /opt/tagent
COPY deploy/images/answers.py /opt/tagent/
ENV PATH=/opt/tagent/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp \
    TAGENT_DASHBOARD_HOST=0.0.0.0 TAGENT_HOME=/var/lib/tagent
USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python3", "-ISs", "/opt/tagent/answers.py", "/_stcore/health", "8501", "TAGENT_DASHBOARD_PORT"]
ENTRYPOINT ["tagent-dashboard"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tagent dashboard" \
      org.opencontainers.image.description="See it, break it, heal it; and the tagent command line." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
