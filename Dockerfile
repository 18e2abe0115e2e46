# The image of the whole stack: /policy-server for a PolicyServer resource, /ostiary for everything else. It runs as a user
# without rights and writes to /tmp and the folders it is given only, so its root file system can be read-only.
FROM node:26.10-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund && npm run --silent build && npm run --silent bundle
# The image has no /usr/bin/env.
RUN sed -i '1s|.*|#!/usr/local/bin/node|' dist/bin/*.js \
 && mkdir -p /root-fs/opt/ostiary \
 && cp -r dist/bin dist/dist dist/package.json LICENSE /root-fs/opt/ostiary/ \
 && for name in ostiary policy-server kwctl; do ln -s /opt/ostiary/bin/$name.js /root-fs/$name; done
# Node is linked with a library that the image below lacks.
RUN library="$(ldd /usr/local/bin/node | awk '/libatomic/ { print $3 }')" \
 && folder="/root-fs/usr/lib/$(basename "$(dirname "$library")")" \
 && mkdir -p "$folder" && cp -L "$library" "$folder/"

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /root-fs/ /
USER 65533:65533
# The user has no entry in /etc/passwd, and no other folder that could be written.
ENV HOME=/tmp
# The API server is answered on 8443 with certificates and on 3000 without; 8081 is for probes and metrics.
EXPOSE 3000 8443 8081
ENTRYPOINT ["/policy-server"]
