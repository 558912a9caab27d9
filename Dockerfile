# One image for every role: the role is the argument (worker, producer, webhooks, dashboard).

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="dropcast" \
      org.opencontainers.image.description="WhatsApp template-message campaigns through LiveChat" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
# Owned by root and read-only for the user who runs it: nothing at run time changes the program.
# The lock file is for scanners: by it they know every version without guessing.
COPY --from=build /app/package.json /app/package-lock.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
COPY examples examples
COPY LICENSE ./
RUN ln -s /app/bin/dropcast.js /usr/local/bin/dropcast
# Where a worker keeps what it remembers of Redis, on a volume that lasts. A new volume of Docker takes
# the rights of this folder over: it is open like /tmp, for compose may run as any user.
RUN install -d -m 1777 /var/lib/dropcast

# In a container loopback is the container's own: ports are published, or not, from outside. Anything
# but loopback needs a dashboard password; without one the dashboard does not start.
ENV NODE_ENV=production \
    DROPCAST_HTTP_HOST=0.0.0.0 \
    DROPCAST_METRICS_PORT=9090 \
    DROPCAST_DATA_DIR=/tmp/dropcast \
    DROPCAST_DROPS_DIR=/drops
EXPOSE 8080 8081 9090

# By number, so that runAsNonRoot can be checked; it is the user `node` of the base image.
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "/app/bin/healthcheck.js"]
ENTRYPOINT ["node", "/app/bin/dropcast.js"]
CMD ["--help"]
