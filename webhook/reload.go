package webhook

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// defaultReloadInterval is how often the file is looked at. A kubelet takes up to a minute to update a mounted ConfigMap.
const defaultReloadInterval = 2 * time.Second

// Reloader keeps something that is made from a file in step with the file. Of a broken file it keeps the last good
// version. The file is read by its name each time, which sees the symbolic link that a kubelet swaps when a ConfigMap
// changes; no watch on the file would.
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
	// Path is the file. If it is empty, Load gets nil once, and nothing is reloaded.
	Path string
	// Load makes the thing from the content of the file. Its error has to name the file's lines, not quote secrets.
	Load func(content []byte) (T, error)
	// Interval is how often the file is looked at; 2 s if zero.
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

// Load looks at the file now, and loads it if its content is not what was tried last. The error is why the file is not
// what is in force.
func (r *Reloader[T]) Load() error {
	var content []byte
	var err error
	if r.opts.Path != "" {
		if content, err = os.ReadFile(r.opts.Path); err != nil {
			err = fmt.Errorf("reading the configuration: %w", err)
		}
	}
	digest := sha256.Sum256(content)
	if err != nil {
		digest = sha256.Sum256([]byte(err.Error()))
	}
	r.loading.Lock()
	defer r.loading.Unlock()
	if r.tried && digest == r.digest {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.broken
	}
	var next T
	if err == nil {
		next, err = r.opts.Load(content)
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

// Start looks at the file until the context ends, and returns nil then.
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
	return fmt.Sprintf("broken reload: %v (in force is the version loaded at %s)", r.broken, r.since.UTC().Format(time.RFC3339))
}
