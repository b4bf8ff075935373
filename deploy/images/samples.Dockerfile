# The samples: demo-service by default, on port 8081. Build from the root: docker build -f deploy/images/samples.Dockerfile -t tagent-samples .
# With --target behind-sidecar the sidecar is in the image too and starts what follows; any image becomes watched like that.
# The base needs Python 3.11 with venv, and is pinned by digest; another by --build-arg BASE=...
ARG BASE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
FROM ${BASE} AS build
COPY deploy/images/build-part /build/
COPY requirements/build.lock requirements/samples.lock requirements/sidecar.lock /build/requirements/
COPY deploy/images/wheels/README.md deploy/images/wheels/build* deploy/images/wheels/samples* deploy/images/wheels/sidecar* /build/wheels/
RUN sh /build/build-part requirements /opt/samples /build/requirements/samples.lock \
 && sh /build/build-part requirements /opt/tagent /build/requirements/sidecar.lock
COPY contract /build/contract
COPY sidecar /build/sidecar
COPY sample_agents /build/sample_agents
RUN sh /build/build-part own /opt/samples sample_agents \
 && sh /build/build-part own /opt/tagent contract sidecar

FROM ${BASE} AS samples
COPY --from=build /opt/samples /opt/samples
COPY deploy/images/answers.py /opt/samples/
ENV PATH=/opt/samples/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp PORT=8081
USER 10001:10001
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s CMD ["python3", "-ISs", "/opt/samples/answers.py", "/healthz", "8081", "PORT"]
ENTRYPOINT ["python3", "-m"]
CMD ["tagent_samples.demo_service", "--host", "0.0.0.0"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tagent samples" \
      org.opencontainers.image.description="Small services to watch, break and heal; they know nothing of Tagent." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM samples AS behind-sidecar
USER 0:0
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/tagent
COPY --from=build /opt/tagent /opt/tagent
COPY deploy/images/answers.py /opt/tagent/
ENV TAGENT_TARGET=127.0.0.1:8081 TAGENT_ADMIN=127.0.0.1:9900
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s CMD ["python3", "-ISs", "/opt/tagent/answers.py", "/healthz", "9900", "TAGENT_ADMIN"]
ENTRYPOINT ["/opt/tagent/bin/tagent-sidecar", "run", "--"]
CMD ["python3", "-m", "tagent_samples.demo_service"]

# What is built when nothing else is asked for.
FROM samples
