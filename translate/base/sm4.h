/*
 * SM4's substitution of each byte of a word.
 * Example: sm4_sub(0) is 0xd6d6d6d6.
 */
#ifndef FERRY_BASE_SM4_H
#define FERRY_BASE_SM4_H

#include "types.h"

uint32_t sm4_sub(uint32_t v);

#endif
