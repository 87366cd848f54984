/*
 * essm-sha256.h - SHA-256 (FIPS 180-4) of bytes in one piece. C99, no C library, no allocation; some 400 bytes of stack.
 */
#ifndef ESSM_SHA256_H
#define ESSM_SHA256_H

#include <stdint.h>

enum { ESSM_SHA256_BYTES = 32 };

/* Writes the digest of bytes[0..length). `bytes` needs no alignment. */
void essmSha256(const uint8_t *bytes, uint32_t length, uint8_t digest[ESSM_SHA256_BYTES]);

#endif
