package server

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// journal is a file of records that only grows until it is written anew. A record
// is its length and its CRC-32C, four bytes each, and its bytes: what a crash cut
// off in the middle is seen, and was acknowledged to nobody. Not safe for concurrent
// use.
type journal struct {
	path  string
	file  *os.File
	size  int64
	whole int64 // its size when it was written anew last
	torn  bool  // a write failed: what the file holds after size is unknown
}

const (
	recordHead = 8
	maxRecord  = 16 << 20
	// A journal is written anew when it has grown to that many times what was live.
	journalSize, journalGrowth = 8 << 20, 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openJournal opens the journal, or makes one, and hands out its records. lost is
// what it cut off at the end: no whole record, and all that follows.
func openJournal(path string, each func([]byte) error) (j *journal, lost []byte, err error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read journal: %w", err)
	}
	rest := data
	for {
		record, after, ok := cutRecord(rest)
		if !ok {
			break
		}
		if err := each(record); err != nil {
			return nil, nil, fmt.Errorf("read journal %q: %w", path, err)
		}
		rest = after
	}
	j = &journal{path: path, size: int64(len(data) - len(rest))}
	if j.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	if err := errors.Join(j.file.Truncate(j.size), j.file.Sync(), syncFolder(path)); err != nil {
		j.file.Close()
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	return j, rest, nil
}

// appendRecord appends a record in the form of the file.
func appendRecord(buf, record []byte) []byte {
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(record)))
	buf = binary.LittleEndian.AppendUint32(buf, crc32.Checksum(record, castagnoli))
	return append(buf, record...)
}

func cutRecord(data []byte) (record, rest []byte, ok bool) {
	if len(data) < recordHead {
		return nil, data, false
	}
	n := binary.LittleEndian.Uint32(data)
	if n == 0 || n > maxRecord || int(n) > len(data)-recordHead {
		return nil, data, false
	}
	record, rest = data[recordHead:recordHead+n], data[recordHead+n:]
	if crc32.Checksum(record, castagnoli) != binary.LittleEndian.Uint32(data[4:]) {
		return nil, data, false
	}
	return record, rest, true
}

// append makes records durable, all with one sync. After an error none of them is
// there, and the journal has to be written anew: what a failed sync left in the
// cache counts as clean to the next one.
func (j *journal) append(records []byte) error {
	_, err := j.file.WriteAt(records, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.torn = true
		return fmt.Errorf("append to journal: %w", errors.Join(err, j.file.Truncate(j.size)))
	}
	j.size += int64(len(records))
	return nil
}

// full says whether the journal is to be written anew.
func (j *journal) full() bool { return j.torn || j.size > max(journalSize, journalGrowth*j.whole) }

// rewrite puts these records in the place of all there are. After an error either
// of both may be there, and the journal has to be written anew.
func (j *journal) rewrite(records []byte) error {
	next := j.path + ".new"
	if err := writeSynced(next, records); err != nil {
		return errors.Join(fmt.Errorf("write journal anew: %w", err), os.Remove(next))
	}
	// Closed first: not every system renames to the name of an open file. What it
	// says to that is of no account any more.
	j.file.Close()
	err := errors.Join(os.Rename(next, j.path), syncFolder(j.path))
	file, opening := os.OpenFile(j.path, os.O_RDWR, 0o600)
	j.file = file
	if err = errors.Join(err, opening); err != nil {
		j.torn = true
		return fmt.Errorf("write journal anew: %w", err)
	}
	j.size, j.whole, j.torn = int64(len(records)), int64(len(records)), false
	return nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes the name of a file durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // which has no such call, and does so by itself
		return nil
	}
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (j *journal) close() error { return j.file.Close() }
