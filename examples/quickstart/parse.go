package main

import (
	"context"
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"

	"github.com/understudy-go/understudy/actor"
)

// parseMessage asks a parser for one file.
type parseMessage struct {
	dir, path string
	try       int // 1 for the first; more when a crash was injected before
	reply     actor.Reply[source]
}

// source is what is to be known of a file that could be parsed.
type source struct {
	bytes int
	decls decls
}

// parseFunc parses one file.
type parseFunc func(ctx context.Context, path string) (source, error)

// parser is the receiver of the parser actors. It keeps nothing between two
// messages, so one serves all of them.
type parser struct {
	parse parseFunc
	chaos chaos
}

// spec describes parser number n. Permanent, the zero Restart, is what it is: a
// parser that ended is one that is missing.
func (p *parser) spec(n int) actor.Spec[parseMessage] {
	return actor.Spec[parseMessage]{
		Name: fmt.Sprintf("parser-%d", n),
		New: func(context.Context, actor.Ref[parseMessage]) (actor.Receiver[parseMessage], error) {
			return p, nil
		},
	}
}

// Receive parses the file and replies. It does not handle errors: at a file that
// cannot be parsed it just fails, its supervisor starts another in its place,
// and the asker is told why it got no answer.
//
// That is the point of this program, not the only way. An error that is expected
// may as well be a value in the reply.
func (p *parser) Receive(ctx context.Context, m parseMessage) error {
	src, err := p.parse(ctx, filepath.Join(m.dir, m.path))
	if err != nil {
		return err
	}
	p.chaos.strike(m.path, m.try)
	m.reply.Send(src)
	return nil
}

// parseFile is the parseFunc of the real program.
func parseFile(_ context.Context, path string) (source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	file, err := goparser.ParseFile(token.NewFileSet(), path, text, goparser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	return source{bytes: len(text), decls: declsOf(file)}, nil
}

// declsOf counts what the file declares at its top level.
func declsOf(file *ast.File) (n decls) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				n[declMethod]++
			} else {
				n[declFunc]++
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				n.add(d.Tok, s)
			}
		}
	}
	return n
}
