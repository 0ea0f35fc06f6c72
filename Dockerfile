# One image for every process of Weir: `weir edge`, `weir admin`, `weir auth`; docs/deploy/image.md.
#
# The first stage has pip and the sources, the second what they come to: an interpreter and one folder. It runs as a
# user without a name or a shell, and writes to /var/lib/weir and /tmp only: the root file system may be read-only.

# By version, so that the file can be read. By digest, and so byte for byte:
# docker build --build-arg PYTHON=python:3.13.9-slim-bookworm@sha256:… .
ARG PYTHON=python:3.13.9-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/weir
WORKDIR /src
COPY requirements.lock ./
# Exactly what was tested: every file is compared with its hash, and nothing is built from source.
RUN /opt/weir/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY . .
RUN /opt/weir/bin/pip install --no-deps --no-build-isolation . \
    && /opt/weir/bin/pip uninstall --yes pip \
    && /opt/weir/bin/python -m compileall -q -j 0 /opt/weir/lib

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Weir" \
      org.opencontainers.image.description="API gateway with cluster-wide limits and retry budgets" \
      org.opencontainers.image.licenses="Apache-2.0"
# For people who look inside; the files in here and in a volume belong to nobody else.
RUN mkdir -p /var/lib/weir && chown 10001:10001 /var/lib/weir
COPY --from=build /opt/weir /opt/weir
ENV PATH=/opt/weir/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WEIR_STATE=/var/lib/weir \
    WEIR_EDGE=0.0.0.0:8000 \
    WEIR_STATUS=0.0.0.0:8003 \
    WEIR_ADMIN=0.0.0.0:8001 \
    WEIR_AUTH=0.0.0.0:8002
USER 10001:10001
WORKDIR /var/lib/weir
VOLUME /var/lib/weir
EXPOSE 8000 8001 8002 8003 8005 8006
# gunicorn and the agent end on SIGTERM as docs/operations.md says; give them the time.
STOPSIGNAL SIGTERM
# Of the edge, which is what runs without a word more; other commands have checks of their own (compose.yaml).
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-m", "weir.processes.probe", "http://127.0.0.1:8003/healthz"]
ENTRYPOINT ["weir"]
CMD ["edge"]
