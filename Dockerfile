# syntax=docker/dockerfile:1

# For who builds with Docker: the same image as that of `make image`, which needs no Docker and is what a release is made with.
# A builder by its digest is one that cannot change: --build-arg BUILDER=golang:1.26@sha256:…
ARG BUILDER=golang:1.26
FROM --platform=$BUILDPLATFORM ${BUILDER} AS build
ARG TARGETOS TARGETARCH
ARG VERSION=""
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
# Without VERSION the binary tells its version from the build information that Go puts in.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w${VERSION:+ -X main.version=$VERSION}" -o /dittoguard ./cmd/dittoguard

# Nothing but the binary: it needs no libc, no shell, and no CA but the one that Kubernetes mounts.
FROM scratch
COPY --from=build /dittoguard /dittoguard
# By number, so that the kubelet can check runAsNonRoot.
USER 65532:65532
ENTRYPOINT ["/dittoguard"]
