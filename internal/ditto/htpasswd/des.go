package htpasswd

import "math/bits"

// desCrypt is traditional crypt(3): the password's first eight characters, seven bits each, are the DES key under which
// a block of zeros is encrypted 25 times, with the salt's twelve bits swapping bits of DES's expansion. The salt is two
// characters of cryptAlphabet, and the result is the salt and eleven more. It is here because Ditto's sample file uses
// it and no maintained module without cgo computes it; crypto/des has no salt.
//
// Sources: FIPS 46-3 for the tables, crypt(3) for the rest.
func desCrypt(password, salt string) string {
	keys := desKeys(password)
	swap := desSwap(salt)
	var left, right uint32
	for range 25 {
		for _, key := range keys {
			left, right = right, left^desRound(right, key, swap)
		}
		// DES exchanges the halves after its last round. The final permutation and the initial one of the next run
		// cancel out.
		left, right = right, left
	}
	block := permute(uint64(left)<<32|uint64(right), 64, desFinal[:])
	out := []byte(salt)
	for shift := 58; shift >= 0; shift -= 6 {
		out = append(out, cryptAlphabet[block>>shift&63])
	}
	// 64 bits are ten characters of six and four bits that are left, filled up with zeros.
	return string(append(out, cryptAlphabet[block&15<<2]))
}

// desKeys is DES's key schedule: sixteen keys of 48 bits.
func desKeys(password string) [16]uint64 {
	var key uint64
	for i := range 8 {
		key <<= 8
		if i < len(password) {
			key |= uint64(password[i]&0x7f) << 1
		}
	}
	chosen := permute(key, 64, desChoice1[:])
	c, d := chosen>>28, chosen&(1<<28-1)
	var keys [16]uint64
	for i, shift := range desShifts {
		c = (c<<shift | c>>(28-shift)) & (1<<28 - 1)
		d = (d<<shift | d>>(28-shift)) & (1<<28 - 1)
		keys[i] = permute(c<<28|d, 56, desChoice2[:])
	}
	return keys
}

// desSwap turns the salt into a mask of the bits that the two halves of the expansion exchange: the salt's lowest bit,
// the first character's, stands for the expansion's first bit.
func desSwap(salt string) uint64 {
	value := cryptValue(salt[0]) | cryptValue(salt[1])<<6
	return uint64(bits.Reverse32(value) >> 8)
}

func cryptValue(c byte) uint32 {
	switch {
	case c >= 'a':
		return uint32(c-'a') + 38
	case c >= 'A':
		return uint32(c-'A') + 12
	default:
		return uint32(c - '.')
	}
}

// desRound is DES's cipher function with the salted expansion.
func desRound(half uint32, key, swap uint64) uint32 {
	// The expansion takes six bits for every four: those four and their neighbours.
	var expanded uint64
	for group := range 8 {
		expanded = expanded<<6 | uint64(bits.RotateLeft32(half, 4*group-1)>>26)
	}
	exchange := (expanded>>24 ^ expanded) & swap
	expanded ^= exchange<<24 | exchange
	expanded ^= key

	var substituted uint64
	for box := range 8 {
		six := expanded >> (42 - 6*box) & 63
		// The outer two bits are the row, the inner four the column.
		row := six>>4&2 | six&1
		substituted = substituted<<4 | uint64(desBoxes[box][row<<4|six>>1&15])
	}
	return uint32(permute(substituted, 32, desPermutation[:]))
}

// permute builds a value of len(table) bits, each taken from where the table says. The tables count bits as FIPS 46-3
// does: from 1, the highest first.
func permute(value uint64, width uint8, table []uint8) uint64 {
	var out uint64
	for _, bit := range table {
		out = out<<1 | value>>(width-bit)&1
	}
	return out
}
