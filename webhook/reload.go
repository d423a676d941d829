package webhook

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// defaultReloadInterval is how often the file is looked at. A kubelet takes up to a minute to update a mounted
// ConfigMap.
const defaultReloadInterval = 2 * time.Second

// Reloader keeps something that is made from a file, and from folders beside it, in step with them. Of a broken file it
// keeps the last good version. Everything is read by its name each time, which sees the symbolic link that a kubelet
// swaps when a ConfigMap changes; no watch on the file would.
type Reloader[T any] struct {
	opts ReloaderOptions[T]

	// loading is held while a file is loaded, mu only as long as a field is read or set: requests go on meanwhile.
	loading sync.Mutex
	// digest is that of the content that was tried last, good or not.
	digest [sha256.Size]byte
	tried  bool

	mu      sync.Mutex
	loaded  bool
	current T
	since   time.Time
	broken  error
}

// ReloaderOptions say what is loaded from where.
type ReloaderOptions[T any] struct {
	// Path is the file. If it is empty, Load gets nil.
	Path string
	// Folders are what Load reads besides: a change of a file in them, or in a folder in them, is a change.
	Folders []string
	// Load makes the thing from the content of the file. Its error has to name the file's lines, not quote secrets.
	Load func(content []byte) (T, error)
	// Interval is how often they are looked at; 2 s if zero.
	Interval time.Duration
	// Recorder counts; nil counts nothing.
	Recorder Recorder
	// Log gets a line for each reload. The zero value logs nothing.
	Log logr.Logger
}

// NewReloader makes a reloader that has nothing yet: call Load, or Start.
func NewReloader[T any](opts ReloaderOptions[T]) *Reloader[T] {
	if opts.Interval == 0 {
		opts.Interval = defaultReloadInterval
	}
	if opts.Recorder == nil {
		opts.Recorder = noRecorder{}
	}
	if opts.Log.GetSink() == nil {
		opts.Log = logr.Discard()
	}
	return &Reloader[T]{opts: opts}
}

// Load looks at the file and the folders now, and loads them if they are not what was tried last. The error is why they
// are not what is in force.
func (r *Reloader[T]) Load() error {
	r.loading.Lock()
	defer r.loading.Unlock()
	content, digest, err := r.read()
	if r.tried && digest == r.digest {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.broken
	}
	var next T
	if err == nil {
		next, err = r.opts.Load(content)
		if _, after, _ := r.read(); after != digest && len(r.opts.Folders) > 0 {
			// What Load read from the folders may be half of one version and half of another. Neither was tried.
			return errChanging
		}
	}
	r.tried, r.digest = true, digest
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = err
	r.opts.Recorder.Reload(err == nil, now)
	if err != nil {
		r.opts.Log.Error(err, "configuration not loaded", "keepsLastGood", r.loaded)
		return err
	}
	r.opts.Log.Info("configuration loaded", "digest", fmt.Sprintf("%x", digest[:6]))
	r.current, r.loaded, r.since = next, true, now
	return nil
}

// errChanging is no answer yet; the next look gives one.
var errChanging = errors.New("the files changed while they were read")

// read returns the file's content, and a digest of everything that Load depends on, errors included.
func (r *Reloader[T]) read() (content []byte, digest [sha256.Size]byte, err error) {
	if r.opts.Path != "" {
		if content, err = os.ReadFile(r.opts.Path); err != nil {
			err = fmt.Errorf("reading the configuration: %w", err)
		}
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %v\n", content, err)
	for _, folder := range r.opts.Folders {
		digestFolder(sum, folder, 2)
	}
	return content, [sha256.Size]byte(sum.Sum(nil)), err
}

// digestFolder adds the files of a folder, depth folders deep, links followed. Hidden entries are left out: behind them
// a kubelet keeps what the links lead to. What cannot be read counts as its error, which Load runs into as well.
func digestFolder(sum io.Writer, folder string, depth int) {
	entries, err := os.ReadDir(folder)
	fmt.Fprintf(sum, "%q %v\n", folder, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name := filepath.Join(folder, e.Name())
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			if depth > 1 {
				digestFolder(sum, name, depth-1)
			}
		case err == nil && info.Mode().IsRegular():
			var content []byte
			content, err = os.ReadFile(name)
			fmt.Fprintf(sum, "%q %q %v\n", name, content, err)
		default:
			fmt.Fprintf(sum, "%q %v\n", name, err)
		}
	}
}

// Start looks at the file and the folders until the context ends, and returns nil then.
func (r *Reloader[T]) Start(ctx context.Context) error {
	ticker := time.NewTicker(r.opts.Interval)
	defer ticker.Stop()
	for {
		// The error stays in Ready or Note; it is logged when it comes up.
		_ = r.Load()
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Current is what was loaded last, false if nothing ever was.
func (r *Reloader[T]) Current() (T, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current, r.loaded
}

// Ready returns nil once something was loaded, even if the file has been broken since.
func (r *Reloader[T]) Ready() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.loaded:
		return nil
	case r.broken != nil:
		return r.broken
	}
	return fmt.Errorf("not loaded yet")
}

// Note says that the file is broken and since when the version in force is, "" if all is well.
func (r *Reloader[T]) Note() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.loaded || r.broken == nil {
		return ""
	}
	return fmt.Sprintf("broken reload: %v (in force is the version loaded at %s)", r.broken,
		r.since.UTC().Format(time.RFC3339))
}
