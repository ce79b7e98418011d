package tree

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// functionPC returns where a function value's code begins, which names its file
// and line without anything being captured.
func functionPC(f any) uintptr { return reflect.ValueOf(f).Pointer() }

// callerPC returns the place in the user's code where the function that calls
// callerPC was called.
func callerPC() uintptr {
	const skip = 3 // runtime.Callers, callerPC, our function
	var pcs [1]uintptr
	runtime.Callers(skip, pcs[:])
	return pcs[0]
}

// isGoexit reports whether a place is the bottom of a goroutine: what was called
// there was called by a go statement, which has no frame.
func isGoexit(pc uintptr) bool { return pc != 0 && frameOf(pc).Function == "runtime.goexit" }

// frameOf puts a program counter into words.
func frameOf(pc uintptr) runtime.Frame {
	if f := runtime.FuncForPC(pc); f != nil && f.Entry() == pc {
		file, line := f.FileLine(pc)
		return runtime.Frame{Function: f.Name(), File: file, Line: line}
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frame
}

// siteOf returns "file.go:12" for a program counter, and "" for 0.
func siteOf(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	f := frameOf(pc)
	return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
}

// funcName returns the function's name without its package's directories, as
// in "main.serve" or "main.main.func1".
func funcName(pc uintptr) string {
	name := frameOf(pc).Function
	return name[strings.LastIndexByte(name, '/')+1:]
}
