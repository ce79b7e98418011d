// Package docs holds no code: the pages beside this file describe the library,
// and the tests of this package keep the house in order.
//
// house_test.go lists the rules; each is a function from parsed source to
// findings, says why it exists, and is shown a small offender of its own by
// house_self_test.go, so that none of them can pass by being blind. To add one:
// write the function, add a line to rules, add an offender.
package docs
