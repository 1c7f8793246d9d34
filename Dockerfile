# syntax=docker/dockerfile:1
FROM rust:1.95-bookworm AS builder
WORKDIR /src
COPY . .
# bin/container-steps runs the RUN lines of this stage where there is no container engine.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo build --release --locked --bin entaku

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin entaku \
    && install -d -o entaku -g entaku -m 0700 /var/lib/entaku
COPY --from=builder /src/target/release/entaku /usr/local/bin/entaku
# The font is in the program; its licence goes where it goes.
COPY --from=builder /src/assets/fonts/BIZUDGothic-OFL.txt /usr/share/doc/entaku/
USER 10001
WORKDIR /var/lib/entaku
ENV ENTAKU_LISTEN=0.0.0.0:8000 \
    ENTAKU_PROFILE=production \
    ENTAKU_DATA_DIR=/var/lib/entaku \
    ENTAKU_KEYS_FILE=/var/lib/entaku/keys.json
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["entaku", "healthcheck"]
ENTRYPOINT ["entaku"]
CMD ["serve"]
