package htpasswd

import "testing"

// The expected texts come from crypt(3) of libxcrypt 4.4.33.
func TestDESCryptAgreesWithTheCLibrary(t *testing.T) {
	for _, want := range []struct{ password, hash string }{
		{"ditto", "A6BgmB8IEtPTs"},
		{"ditto", "abnnaggF93Qvk"},
		{"ditto", "..LUuqkOoIbQ6"},
		{"ditto", "zzFtEteRjzw5M"},
		{"ditto", "./aOkQMf1qVTU"},
		{"ditto", "0KLGGbQAhA3nE"},
		{"", "A6fKTL2blvInc"},
		{"", "zz6dpSdr.LHZw"},
		{"a", "..4/MD05HLWjI"},
		{"password", "abJnggxhB/yWI"},
		{"password", "zzXUHfURnGg8I"},
		{"12345678", "0K8pB5kXGhj.."},
		{"123456789", "0K8pB5kXGhj.."}, // the ninth character does not count
		{"Zz/.~ x", "ab" + "g3gtyOVxcB."},
		{"\xe9t\xe9", "A6qnQ/K.lZzOM"}, // nor does an eighth bit
	} {
		if got := desCrypt(want.password, want.hash[:2]); got != want.hash {
			t.Errorf("desCrypt(%q, %q) = %q, want %q", want.password, want.hash[:2], got, want.hash)
		}
	}
}

func BenchmarkDESCrypt(b *testing.B) {
	for b.Loop() {
		desCrypt("password", "ab")
	}
}
