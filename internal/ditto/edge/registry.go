package edge

import (
	"github.com/dittoguard/dittoguard/internal/ditto/edge/envoygateway"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/kong"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginxgateway"
)

func init() { //nolint:gochecknoinits // implementations register before anything is read
	gatewayapi.Register(gatewayapi.AWS(), envoygateway.Implementation(), nginxgateway.Implementation(),
		kong.Implementation())
}
