// Package audio is the sound of a telephone.
package audio
