package check

import (
	"slices"
	"testing"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// The configuration knows nothing of edges, and has the names of their controllers a second time.
func TestControllersOfTheConfiguration(t *testing.T) {
	names := ingress.ControllerNames()
	slices.Sort(names)
	if !slices.Equal(names, config.Controllers) {
		t.Errorf("package edge knows %q, the configuration %q", names, config.Controllers)
	}
}

// Nor of clouds.
func TestCloudsOfTheConfiguration(t *testing.T) {
	names := way.CloudNames()
	slices.Sort(names)
	if !slices.Equal(names, config.Clouds) {
		t.Errorf("package way knows %q, the configuration %q", names, config.Clouds)
	}
}
