package kong

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func FuzzKongTransformer(f *testing.F) {
	f.Add("x-ditto-pre-authenticated:a$(headers.x)b", tri.On)
	f.Add("x-ditto-pre-authenticated:::$(", tri.Off)
	f.Fuzz(func(t *testing.T, item, authentication string) {
		k := reading{authentication: tri.State{State: authentication}}
		config := transformerConfig{
			"remove": map[string]any{"headers": []any{item, way.Header}}, "rename": map[string]any{"headers": []any{item, 1}},
			"add": map[string]any{"headers": []any{item}}, "append": map[string]any{"headers": item},
		}
		with, without := k.header(config, valueClient), k.header(config, valueNone)
		if with != without {
			t.Errorf("%q: what the client sends is removed, and decides all the same: %d, %d", item, with, without)
		}
		identityOf("p", with, without, config.removesQuery())
	})
}
