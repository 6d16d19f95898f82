package line

import (
	"bufio"
	"context"
	"errors"
	"io"

	"tring/guard"
)

// inputMost is how much of a line is read, in bytes; the rest of it is dropped.
const inputMost = 4096

// typed is one line, or why there are no more.
type typed struct {
	text string
	err  error
}

// read reads lines in a goroutine that ends with the input. (A read from a
// terminal cannot be called off; ctx only stops it from handing lines over.)
func read(ctx context.Context, g guard.Guard, in io.Reader) <-chan typed {
	lines := make(chan typed)
	g.Go(func() {
		reader := bufio.NewReaderSize(in, inputMost)
		for {
			text, err := readLine(reader)
			if err != nil && text != "" && errors.Is(err, io.EOF) {
				err = nil // the next one has it
			}
			select {
			case lines <- typed{text, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	return lines
}

// readLine is the beginning of the next line.
func readLine(in *bufio.Reader) (string, error) {
	text, more, err := in.ReadLine()
	line := string(text)
	for more && err == nil {
		_, more, err = in.ReadLine()
	}
	return line, err
}
