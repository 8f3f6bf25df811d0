// Verifylog checks a copied-out log of Warraq with golang.org/x/mod/sumdb: code that is not ours.
//
//	verifylog FOLDER VERIFIER-KEY...
//
// FOLDER holds log/ as it lies in the bucket (docs/FORMAT.md, "Log"). Every checkpoint must be signed by one of the keys.
// Every leaf is proven to be in the newest tree, every older tree to be its beginning, and every tile, entry and batch to
// be what follows. The first thing that is wrong is printed, and the exit status is 1.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// path is C2SP's: Go's without the height, and "entries" for "data".
func path(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), "tile/8/")
	return "tile/" + strings.Replace(p, "data/", "entries/", 1)
}

// tile is what path came from.
func tile(p string) (tlog.Tile, error) {
	p = strings.Replace(strings.TrimPrefix(p, "tile/"), "entries/", "data/", 1)
	return tlog.ParseTilePath("tile/8/" + p)
}

// A folder is log/ on disk; each file is read once.
type folder struct {
	root string
	held map[string][]byte
}

func (f *folder) read(name string) ([]byte, error) {
	if data, ok := f.held[name]; ok {
		return data, nil
	}
	data, err := os.ReadFile(filepath.Join(f.root, filepath.FromSlash(name)))
	if err == nil {
		f.held[name] = data
	}
	return data, err
}

func (f *folder) Height() int { return height }

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := f.read(path(t))
		if err != nil {
			return nil, err
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes, not %d", path(t), len(data), t.W*tlog.HashSize)
		}
		out = append(out, data)
	}
	return out, nil
}

func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {}

// names lists the files under dir, as read wants them.
func (f *folder) names(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(filepath.Join(f.root, dir), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(f.root, p)
			out = append(out, filepath.ToSlash(name))
		}
		return err
	})
	sort.Strings(out)
	return out, err
}

// checkpoint opens a signed note: three lines, the first of them the name of who signed.
func checkpoint(msg []byte, keys note.Verifiers) (tlog.Tree, error) {
	n, err := note.Open(msg, keys)
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != n.Sigs[0].Name {
		return tlog.Tree{}, fmt.Errorf("no checkpoint: %q", n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("no size: %q", lines[1])
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// checkpoints returns those that were kept, by size; log/checkpoint is one of them. A larger one may be there: of somebody
// who died before log/checkpoint was moved.
func checkpoints(f *folder, keys note.Verifiers) ([]tlog.Tree, error) {
	names, err := f.names("checkpoints")
	if err != nil {
		return nil, err
	}
	var out []tlog.Tree
	for _, name := range names {
		msg, err := f.read(name)
		if err != nil {
			return nil, err
		}
		tree, err := checkpoint(msg, keys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if fmt.Sprintf("checkpoints/%012d", tree.N) != name {
			return nil, fmt.Errorf("%s is of %d leaves", name, tree.N)
		}
		out = append(out, tree)
	}
	if len(out) == 0 {
		return nil, errors.New("no checkpoint was kept")
	}
	newest, err := f.read("checkpoint")
	if err != nil {
		return nil, err
	}
	tree, err := checkpoint(newest, keys)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	kept, err := f.read(fmt.Sprintf("checkpoints/%012d", tree.N))
	if err != nil || !bytes.Equal(newest, kept) {
		return nil, fmt.Errorf("checkpoint is not what was kept of %d leaves", tree.N)
	}
	return out, nil
}

// batches returns the entries that the batches say, in order, up to size.
func batches(f *folder, size int64) ([][]byte, error) {
	var out [][]byte
	for int64(len(out)) < size {
		name := fmt.Sprintf("batches/%012d.json.gz", len(out))
		data, err := f.read(name)
		if err != nil {
			return nil, err
		}
		packed, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		data, err = io.ReadAll(packed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		var batch struct {
			First int           `json:"first"`
			Units [][][3]string `json:"units"`
		}
		if err := json.Unmarshal(data, &batch); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if batch.First != len(out) || len(batch.Units) == 0 {
			return nil, fmt.Errorf("%s begins at leaf %d and has %d units", name, batch.First, len(batch.Units))
		}
		for _, unit := range batch.Units {
			for _, leaf := range unit {
				id := sha256.Sum256([]byte(leaf[2]))
				out = append(out, []byte(fmt.Sprintf("%s %s %x", leaf[0], leaf[1], id[:16])))
			}
		}
	}
	if int64(len(out)) != size {
		return nil, fmt.Errorf("the checkpoint of %d leaves is not at the end of a batch", size)
	}
	return out, nil
}

// bundle takes a bundle of entries apart.
func bundle(data []byte) ([][]byte, error) {
	var out [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("breaks off")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		out = append(out, data[2:end])
		data = data[end:]
	}
	return out, nil
}

// inclusion proves every entry to be the leaf at its place.
func inclusion(tree tlog.Tree, r tlog.HashReader, entries [][]byte) error {
	for n, entry := range entries {
		proof, err := tlog.ProveRecord(tree.N, int64(n), r)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(n), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("leaf %d (%s): %w", n, entry, err)
		}
	}
	return nil
}

// consistency proves each tree to be the beginning of the next, and of the newest.
func consistency(trees []tlog.Tree, r tlog.HashReader) error {
	newest := trees[len(trees)-1]
	for at, old := range trees {
		for _, next := range []tlog.Tree{trees[min(at+1, len(trees)-1)], newest} {
			proof, err := tlog.ProveTree(next.N, old.N, r)
			if err != nil {
				return err
			}
			if err := tlog.CheckTree(proof, next.N, next.Hash, old.N, old.Hash); err != nil {
				return fmt.Errorf("the checkpoint of %d leaves is no beginning of that of %d: %w", old.N, next.N, err)
			}
		}
	}
	return nil
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// tiles compares every tile that is there with what follows from the tree.
func tiles(f *folder, tree tlog.Tree, r tlog.HashReader, entries [][]byte) (int, error) {
	names, err := f.names("tile")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		t, err := tile(name)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		data, err := f.read(name)
		if err != nil {
			return 0, err
		}
		first := t.N << height
		last := first + int64(t.W)
		if t.L > 0 && last<<uint(height*t.L) > tree.N || t.L <= 0 && last > tree.N {
			continue // above the newest checkpoint: whoever put it died before that
		}
		if t.L < 0 {
			found, err := bundle(data)
			if err != nil || len(found) != t.W {
				return 0, fmt.Errorf("%s has %d entries, not %d (%v)", name, len(found), t.W, err)
			}
			for at, entry := range found {
				if !bytes.Equal(entry, entries[first+int64(at)]) {
					return 0, fmt.Errorf("%s: entry %d is not that of the batches", name, at)
				}
			}
			continue
		}
		right, err := tlog.ReadTileData(t, r)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		if !bytes.Equal(data, right) {
			return 0, fmt.Errorf("%s is not what follows", name)
		}
	}
	return len(names), nil
}

func run(root string, vkeys []string) error {
	var list []note.Verifier
	for _, vkey := range vkeys {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return fmt.Errorf("%s: %w", vkey, err)
		}
		list = append(list, v)
	}
	f := &folder{filepath.Join(root, "log"), map[string][]byte{}}
	trees, err := checkpoints(f, note.VerifierList(list...))
	if err != nil {
		return err
	}
	newest := trees[len(trees)-1]
	r := tlog.TileHashReader(newest, f) // which ties each tile that it reads to the newest checkpoint
	entries, err := batches(f, newest.N)
	if err != nil {
		return err
	}
	if err := inclusion(newest, r, entries); err != nil {
		return err
	}
	if err := consistency(trees, r); err != nil {
		return err
	}
	count, err := tiles(f, newest, r, entries)
	if err != nil {
		return err
	}
	root64 := base64.StdEncoding.EncodeToString(newest.Hash[:])
	fmt.Printf("ok: %d leaves included, %d checkpoints consistent, %d tiles, root %s\n", newest.N, len(trees), count, root64)
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: verifylog FOLDER VERIFIER-KEY...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "verifylog:", err)
		os.Exit(1)
	}
}
