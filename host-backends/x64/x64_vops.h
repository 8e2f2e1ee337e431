/*
 * Vector opcodes by name: X(name, prefix, map, opcode, flags, N) with N the log2 of the bytes of a
 * memory operand. flags: W (VEX.W1/REX.W), EW (EVEX.W1), EO (EVEX only), NE (no EVEX form of this
 * meaning), S(n) (immediate shift group /n). Included by x64_emit.h.
 */
#ifndef FERRY_X64_VOPS_H
#define FERRY_X64_VOPS_H

// clang-format off
#define X64_VOPS(X, P0, P66, PF3, PF2, W, EW, EO, NE, S) \
    /* moves */ \
    X(MOVUPS,    P0,  1, 0x10, 0, 4)  X(MOVUPS_ST, P0, 1, 0x11, 0, 4) \
    X(MOVAPS,    P0,  1, 0x28, 0, 4)  X(MOVAPS_ST, P0, 1, 0x29, 0, 4) \
    X(MOVSS,     PF3, 1, 0x10, 0, 2)  X(MOVSS_ST, PF3, 1, 0x11, 0, 2) \
    X(MOVSD,     PF2, 1, 0x10, EW, 3) X(MOVSD_ST, PF2, 1, 0x11, EW, 3) \
    X(MOVD,      P66, 1, 0x6e, 0, 2)  X(MOVD_ST,  P66, 1, 0x7e, 0, 2) \
    X(MOVQ_G,    P66, 1, 0x6e, W|EW, 3) X(MOVQ_G_ST, P66, 1, 0x7e, W|EW, 3) \
    X(MOVQ,      PF3, 1, 0x7e, EW, 3) X(MOVQ_ST,  P66, 1, 0xd6, EW, 3) \
    X(MOVLHPS,   P0,  1, 0x16, 0, 3)  X(MOVHLPS,  P0,  1, 0x12, 0, 3) \
    X(MOVLPS_ST, P0,  1, 0x13, 0, 3)  X(MOVHPS_ST, P0, 1, 0x17, 0, 3) \
    X(MOVDDUP,   PF2, 1, 0x12, EW, 3) \
    X(MOVMSKPS,  P0,  1, 0x50, NE, 4) X(MOVMSKPD, P66, 1, 0x50, NE, 4) \
    X(PMOVMSKB,  P66, 1, 0xd7, NE, 4) \
    /* bitwise */ \
    X(PAND, P66, 1, 0xdb, 0, 4) X(PANDN, P66, 1, 0xdf, 0, 4) X(POR, P66, 1, 0xeb, 0, 4) \
    X(PXOR, P66, 1, 0xef, 0, 4) X(PTEST, P66, 2, 0x17, NE, 4) \
    X(ANDPS, P0, 1, 0x54, 0, 4) X(ANDNPS, P0, 1, 0x55, 0, 4) X(ORPS, P0, 1, 0x56, 0, 4) \
    X(XORPS, P0, 1, 0x57, 0, 4) \
    X(PTERNLOG, P66, 3, 0x25, EO, 4) \
    /* integer */ \
    X(PADDB, P66, 1, 0xfc, 0, 4) X(PADDW, P66, 1, 0xfd, 0, 4) X(PADDD, P66, 1, 0xfe, 0, 4) \
    X(PADDQ, P66, 1, 0xd4, EW, 4) \
    X(PSUBB, P66, 1, 0xf8, 0, 4) X(PSUBW, P66, 1, 0xf9, 0, 4) X(PSUBD, P66, 1, 0xfa, 0, 4) \
    X(PSUBQ, P66, 1, 0xfb, EW, 4) \
    X(PADDSB, P66, 1, 0xec, 0, 4) X(PADDSW, P66, 1, 0xed, 0, 4) \
    X(PADDUSB, P66, 1, 0xdc, 0, 4) X(PADDUSW, P66, 1, 0xdd, 0, 4) \
    X(PSUBSB, P66, 1, 0xe8, 0, 4) X(PSUBSW, P66, 1, 0xe9, 0, 4) \
    X(PSUBUSB, P66, 1, 0xd8, 0, 4) X(PSUBUSW, P66, 1, 0xd9, 0, 4) \
    X(PMULLW, P66, 1, 0xd5, 0, 4) X(PMULLD, P66, 2, 0x40, 0, 4) X(PMULLQ, P66, 2, 0x40, EO|EW, 4) \
    X(PMULHW, P66, 1, 0xe5, 0, 4) X(PMULHUW, P66, 1, 0xe4, 0, 4) X(PMULHRSW, P66, 2, 0x0b, 0, 4) \
    X(PMULUDQ, P66, 1, 0xf4, EW, 4) X(PMULDQ, P66, 2, 0x28, EW, 4) \
    X(PMADDWD, P66, 1, 0xf5, 0, 4) X(PMADDUBSW, P66, 2, 0x04, 0, 4) X(PSADBW, P66, 1, 0xf6, 0, 4) \
    X(PAVGB, P66, 1, 0xe0, 0, 4) X(PAVGW, P66, 1, 0xe3, 0, 4) \
    X(PABSB, P66, 2, 0x1c, 0, 4) X(PABSW, P66, 2, 0x1d, 0, 4) X(PABSD, P66, 2, 0x1e, 0, 4) \
    X(PABSQ, P66, 2, 0x1f, EO|EW, 4) \
    X(PSIGNB, P66, 2, 0x08, NE, 4) X(PSIGNW, P66, 2, 0x09, NE, 4) X(PSIGND, P66, 2, 0x0a, NE, 4) \
    X(PMINSB, P66, 2, 0x38, 0, 4) X(PMINSW, P66, 1, 0xea, 0, 4) X(PMINSD, P66, 2, 0x39, 0, 4) \
    X(PMINSQ, P66, 2, 0x39, EO|EW, 4) \
    X(PMAXSB, P66, 2, 0x3c, 0, 4) X(PMAXSW, P66, 1, 0xee, 0, 4) X(PMAXSD, P66, 2, 0x3d, 0, 4) \
    X(PMAXSQ, P66, 2, 0x3d, EO|EW, 4) \
    X(PMINUB, P66, 1, 0xda, 0, 4) X(PMINUW, P66, 2, 0x3a, 0, 4) X(PMINUD, P66, 2, 0x3b, 0, 4) \
    X(PMINUQ, P66, 2, 0x3b, EO|EW, 4) \
    X(PMAXUB, P66, 1, 0xde, 0, 4) X(PMAXUW, P66, 2, 0x3e, 0, 4) X(PMAXUD, P66, 2, 0x3f, 0, 4) \
    X(PMAXUQ, P66, 2, 0x3f, EO|EW, 4) \
    X(PCMPEQB, P66, 1, 0x74, NE, 4) X(PCMPEQW, P66, 1, 0x75, NE, 4) X(PCMPEQD, P66, 1, 0x76, NE, 4) \
    X(PCMPEQQ, P66, 2, 0x29, NE, 4) \
    X(PCMPGTB, P66, 1, 0x64, NE, 4) X(PCMPGTW, P66, 1, 0x65, NE, 4) X(PCMPGTD, P66, 1, 0x66, NE, 4) \
    X(PCMPGTQ, P66, 2, 0x37, NE, 4) \
    X(PHADDW, P66, 2, 0x01, NE, 4) X(PHADDD, P66, 2, 0x02, NE, 4) \
    X(VPOPCNTB, P66, 2, 0x54, EO, 4) X(VPOPCNTQ, P66, 2, 0x55, EO|EW, 4) \
    /* shifts by a register's low quadword, by lanes, by an immediate */ \
    X(PSLLW, P66, 1, 0xf1, 0, 4) X(PSLLD, P66, 1, 0xf2, 0, 4) X(PSLLQ, P66, 1, 0xf3, EW, 4) \
    X(PSRLW, P66, 1, 0xd1, 0, 4) X(PSRLD, P66, 1, 0xd2, 0, 4) X(PSRLQ, P66, 1, 0xd3, EW, 4) \
    X(PSRAW, P66, 1, 0xe1, 0, 4) X(PSRAD, P66, 1, 0xe2, 0, 4) X(PSRAQ, P66, 1, 0xe2, EO|EW, 4) \
    X(PSLLVD, P66, 2, 0x47, 0, 4) X(PSLLVQ, P66, 2, 0x47, W|EW, 4) X(PSLLVW, P66, 2, 0x12, EO|EW, 4) \
    X(PSRLVD, P66, 2, 0x45, 0, 4) X(PSRLVQ, P66, 2, 0x45, W|EW, 4) X(PSRLVW, P66, 2, 0x10, EO|EW, 4) \
    X(PSRAVD, P66, 2, 0x46, 0, 4) X(PSRAVQ, P66, 2, 0x46, EO|EW, 4) X(PSRAVW, P66, 2, 0x11, EO|EW, 4) \
    X(PSRLWI, P66, 1, 0x71, S(2), 4) X(PSRAWI, P66, 1, 0x71, S(4), 4) X(PSLLWI, P66, 1, 0x71, S(6), 4) \
    X(PSRLDI, P66, 1, 0x72, S(2), 4) X(PSRADI, P66, 1, 0x72, S(4), 4) X(PSLLDI, P66, 1, 0x72, S(6), 4) \
    X(PSRLQI, P66, 1, 0x73, S(2)|EW, 4) X(PSLLQI, P66, 1, 0x73, S(6)|EW, 4) \
    X(PSRAQI, P66, 1, 0x72, S(4)|EO|EW, 4) \
    X(PSRLDQ, P66, 1, 0x73, S(3), 4) X(PSLLDQ, P66, 1, 0x73, S(7), 4) \
    /* shuffles */ \
    X(PSHUFB, P66, 2, 0x00, 0, 4) X(PSHUFD, P66, 1, 0x70, 0, 4) X(PSHUFLW, PF2, 1, 0x70, 0, 4) \
    X(PSHUFHW, PF3, 1, 0x70, 0, 4) X(SHUFPS, P0, 1, 0xc6, 0, 4) X(SHUFPD, P66, 1, 0xc6, EW, 4) \
    X(PALIGNR, P66, 3, 0x0f, 0, 4) X(INSERTPS, P66, 3, 0x21, 0, 2) \
    X(PBLENDW, P66, 3, 0x0e, NE, 4) X(BLENDPS, P66, 3, 0x0c, NE, 4) X(BLENDPD, P66, 3, 0x0d, NE, 4) \
    X(PBLENDVB, P66, 2, 0x10, NE, 4) X(BLENDVPS, P66, 2, 0x14, NE, 4) X(BLENDVPD, P66, 2, 0x15, NE, 4) \
    X(VPBLENDVB, P66, 3, 0x4c, NE, 4) X(VBLENDVPS, P66, 3, 0x4a, NE, 4) X(VBLENDVPD, P66, 3, 0x4b, NE, 4) \
    X(PUNPCKLBW, P66, 1, 0x60, 0, 4) X(PUNPCKLWD, P66, 1, 0x61, 0, 4) X(PUNPCKLDQ, P66, 1, 0x62, 0, 4) \
    X(PUNPCKLQDQ, P66, 1, 0x6c, EW, 4) \
    X(PUNPCKHBW, P66, 1, 0x68, 0, 4) X(PUNPCKHWD, P66, 1, 0x69, 0, 4) X(PUNPCKHDQ, P66, 1, 0x6a, 0, 4) \
    X(PUNPCKHQDQ, P66, 1, 0x6d, EW, 4) X(UNPCKLPS, P0, 1, 0x14, 0, 4) X(UNPCKHPS, P0, 1, 0x15, 0, 4) \
    X(PACKSSWB, P66, 1, 0x63, 0, 4) X(PACKSSDW, P66, 1, 0x6b, 0, 4) \
    X(PACKUSWB, P66, 1, 0x67, 0, 4) X(PACKUSDW, P66, 2, 0x2b, 0, 4) \
    X(PMOVSXBW, P66, 2, 0x20, 0, 3) X(PMOVSXWD, P66, 2, 0x23, 0, 3) X(PMOVSXDQ, P66, 2, 0x25, 0, 3) \
    X(PMOVZXBW, P66, 2, 0x30, 0, 3) X(PMOVZXWD, P66, 2, 0x33, 0, 3) X(PMOVZXDQ, P66, 2, 0x35, 0, 3) \
    X(VPMOVWB, PF3, 2, 0x30, EO, 3) X(VPMOVDW, PF3, 2, 0x33, EO, 3) X(VPMOVQD, PF3, 2, 0x35, EO, 3) \
    X(VPMOVSQD, PF3, 2, 0x25, EO, 3) X(VPMOVUSWB, PF3, 2, 0x10, EO, 3) X(VPMOVUSDW, PF3, 2, 0x13, EO, 3) \
    X(VPMOVUSQD, PF3, 2, 0x15, EO, 3) \
    X(VPERMB, P66, 2, 0x8d, EO, 4) X(VPERMI2B, P66, 2, 0x75, EO, 4) X(VPERMT2B, P66, 2, 0x7d, EO, 4) \
    X(VPERMI2W, P66, 2, 0x75, EO|EW, 4) X(VPERMT2W, P66, 2, 0x7d, EO|EW, 4) \
    X(VPBROADCASTB, P66, 2, 0x78, 0, 0) X(VPBROADCASTW, P66, 2, 0x79, 0, 1) \
    X(VPBROADCASTD, P66, 2, 0x58, 0, 2) X(VPBROADCASTQ, P66, 2, 0x59, EW, 3) \
    X(VPBROADCASTB_G, P66, 2, 0x7a, EO, 0) X(VPBROADCASTW_G, P66, 2, 0x7b, EO, 1) \
    X(VPBROADCASTD_G, P66, 2, 0x7c, EO, 2) X(VPBROADCASTQ_G, P66, 2, 0x7c, EO|EW|W, 3) \
    /* to and from general registers; pextr: reg is the vector, rm the general one */ \
    X(PINSRB, P66, 3, 0x20, 0, 0) X(PINSRW, P66, 1, 0xc4, 0, 1) X(PINSRD, P66, 3, 0x22, 0, 2) \
    X(PINSRQ, P66, 3, 0x22, W|EW, 3) \
    X(PEXTRB, P66, 3, 0x14, 0, 0) X(PEXTRW, P66, 3, 0x15, 0, 1) X(PEXTRD, P66, 3, 0x16, 0, 2) \
    X(PEXTRQ, P66, 3, 0x16, W|EW, 3) \
    /* floating point */ \
    X(ADDSS, PF3, 1, 0x58, 0, 2) X(ADDSD, PF2, 1, 0x58, EW, 3) X(ADDPS, P0, 1, 0x58, 0, 4) X(ADDPD, P66, 1, 0x58, EW, 4) \
    X(SUBSS, PF3, 1, 0x5c, 0, 2) X(SUBSD, PF2, 1, 0x5c, EW, 3) X(SUBPS, P0, 1, 0x5c, 0, 4) X(SUBPD, P66, 1, 0x5c, EW, 4) \
    X(MULSS, PF3, 1, 0x59, 0, 2) X(MULSD, PF2, 1, 0x59, EW, 3) X(MULPS, P0, 1, 0x59, 0, 4) X(MULPD, P66, 1, 0x59, EW, 4) \
    X(DIVSS, PF3, 1, 0x5e, 0, 2) X(DIVSD, PF2, 1, 0x5e, EW, 3) X(DIVPS, P0, 1, 0x5e, 0, 4) X(DIVPD, P66, 1, 0x5e, EW, 4) \
    X(MINSS, PF3, 1, 0x5d, 0, 2) X(MINSD, PF2, 1, 0x5d, EW, 3) X(MINPS, P0, 1, 0x5d, 0, 4) X(MINPD, P66, 1, 0x5d, EW, 4) \
    X(MAXSS, PF3, 1, 0x5f, 0, 2) X(MAXSD, PF2, 1, 0x5f, EW, 3) X(MAXPS, P0, 1, 0x5f, 0, 4) X(MAXPD, P66, 1, 0x5f, EW, 4) \
    X(SQRTSS, PF3, 1, 0x51, 0, 2) X(SQRTSD, PF2, 1, 0x51, EW, 3) X(SQRTPS, P0, 1, 0x51, 0, 4) X(SQRTPD, P66, 1, 0x51, EW, 4) \
    X(UCOMISS, P0, 1, 0x2e, 0, 2) X(UCOMISD, P66, 1, 0x2e, EW, 3) X(COMISS, P0, 1, 0x2f, 0, 2) X(COMISD, P66, 1, 0x2f, EW, 3) \
    X(CMPSS, PF3, 1, 0xc2, NE, 2) X(CMPSD, PF2, 1, 0xc2, NE, 3) X(CMPPS, P0, 1, 0xc2, NE, 4) X(CMPPD, P66, 1, 0xc2, NE, 4) \
    X(ROUNDSS, P66, 3, 0x0a, 0, 2) X(ROUNDSD, P66, 3, 0x0b, EW, 3) X(ROUNDPS, P66, 3, 0x08, 0, 4) X(ROUNDPD, P66, 3, 0x09, EW, 4) \
    X(CVTSS2SD, PF3, 1, 0x5a, 0, 2) X(CVTSD2SS, PF2, 1, 0x5a, EW, 3) X(CVTPS2PD, P0, 1, 0x5a, 0, 3) X(CVTPD2PS, P66, 1, 0x5a, EW, 4) \
    X(CVTSI2SS32, PF3, 1, 0x2a, 0, 2) X(CVTSI2SS64, PF3, 1, 0x2a, W|EW, 3) \
    X(CVTSI2SD32, PF2, 1, 0x2a, 0, 2) X(CVTSI2SD64, PF2, 1, 0x2a, W|EW, 3) \
    X(CVTTSS2SI32, PF3, 1, 0x2c, 0, 2) X(CVTTSS2SI64, PF3, 1, 0x2c, W|EW, 2) \
    X(CVTTSD2SI32, PF2, 1, 0x2c, 0, 3) X(CVTTSD2SI64, PF2, 1, 0x2c, W|EW, 3) \
    X(CVTSS2SI32, PF3, 1, 0x2d, 0, 2) X(CVTSS2SI64, PF3, 1, 0x2d, W|EW, 2) \
    X(CVTSD2SI32, PF2, 1, 0x2d, 0, 3) X(CVTSD2SI64, PF2, 1, 0x2d, W|EW, 3) \
    X(CVTDQ2PS, P0, 1, 0x5b, 0, 4) X(CVTTPS2DQ, PF3, 1, 0x5b, 0, 4) X(CVTPS2DQ, P66, 1, 0x5b, 0, 4) X(CVTDQ2PD, PF3, 1, 0xe6, 0, 3) \
    X(CVTPH2PS, P66, 2, 0x13, 0, 3) X(CVTPS2PH, P66, 3, 0x1d, 0, 3) X(VEXTRACTI128, P66, 3, 0x39, NE|X64_L256, 4) \
    X(VCVTTSS2USI32, PF3, 1, 0x78, EO, 2) X(VCVTTSS2USI64, PF3, 1, 0x78, EO|W|EW, 2) \
    X(VCVTTSD2USI32, PF2, 1, 0x78, EO, 3) X(VCVTTSD2USI64, PF2, 1, 0x78, EO|W|EW, 3) \
    X(VCVTUSI2SS32, PF3, 1, 0x7b, EO, 2) X(VCVTUSI2SS64, PF3, 1, 0x7b, EO|W|EW, 3) \
    X(VCVTUSI2SD32, PF2, 1, 0x7b, EO, 2) X(VCVTUSI2SD64, PF2, 1, 0x7b, EO|W|EW, 3) \
    X(VCVTTPS2UDQ, P0, 1, 0x78, EO, 4) X(VCVTTPD2UQQ, P66, 1, 0x78, EO|EW, 4) \
    X(VCVTTPS2QQ, P66, 1, 0x7a, EO, 3) X(VCVTTPD2QQ, P66, 1, 0x7a, EO|EW, 4) \
    X(VCVTQQ2PD, PF3, 1, 0xe6, EO|EW, 4) X(VCVTUQQ2PD, PF3, 1, 0x7a, EO|EW, 4) X(VCVTUDQ2PS, PF2, 1, 0x7a, EO, 4) \
    X(VFMADD132SS, P66, 2, 0x99, 0, 2) X(VFMADD132SD, P66, 2, 0x99, W|EW, 3) X(VFMADD132PS, P66, 2, 0x98, 0, 4) X(VFMADD132PD, P66, 2, 0x98, W|EW, 4) \
    X(VFMADD213SS, P66, 2, 0xa9, 0, 2) X(VFMADD213SD, P66, 2, 0xa9, W|EW, 3) X(VFMADD213PS, P66, 2, 0xa8, 0, 4) X(VFMADD213PD, P66, 2, 0xa8, W|EW, 4) \
    X(VFMADD231SS, P66, 2, 0xb9, 0, 2) X(VFMADD231SD, P66, 2, 0xb9, W|EW, 3) X(VFMADD231PS, P66, 2, 0xb8, 0, 4) X(VFMADD231PD, P66, 2, 0xb8, W|EW, 4) \
    X(VFMSUB231SS, P66, 2, 0xbb, 0, 2) X(VFMSUB231SD, P66, 2, 0xbb, W|EW, 3) X(VFMSUB231PS, P66, 2, 0xba, 0, 4) X(VFMSUB231PD, P66, 2, 0xba, W|EW, 4) \
    X(VFNMADD231SS, P66, 2, 0xbd, 0, 2) X(VFNMADD231SD, P66, 2, 0xbd, W|EW, 3) X(VFNMADD231PS, P66, 2, 0xbc, 0, 4) X(VFNMADD231PD, P66, 2, 0xbc, W|EW, 4) \
    X(VFNMSUB231SS, P66, 2, 0xbf, 0, 2) X(VFNMSUB231SD, P66, 2, 0xbf, W|EW, 3) X(VFNMSUB231PS, P66, 2, 0xbe, 0, 4) X(VFNMSUB231PD, P66, 2, 0xbe, W|EW, 4) \
    X(VFMSUB213SS, P66, 2, 0xab, 0, 2) X(VFMSUB213SD, P66, 2, 0xab, W|EW, 3) X(VFNMADD213SS, P66, 2, 0xad, 0, 2) X(VFNMADD213SD, P66, 2, 0xad, W|EW, 3) \
    X(VFNMSUB213SS, P66, 2, 0xaf, 0, 2) X(VFNMSUB213SD, P66, 2, 0xaf, W|EW, 3) \
    X(VFMSUB213PS, P66, 2, 0xaa, 0, 4) X(VFMSUB213PD, P66, 2, 0xaa, W|EW, 4) X(VFNMADD213PS, P66, 2, 0xac, 0, 4) X(VFNMADD213PD, P66, 2, 0xac, W|EW, 4) \
    X(VFNMSUB213PS, P66, 2, 0xae, 0, 4) X(VFNMSUB213PD, P66, 2, 0xae, W|EW, 4) \
    /* compares into a mask register (reg), masks to lanes and lane signs to a mask; masked move */ \
    X(VPCMPB, P66, 3, 0x3f, EO, 4) X(VPCMPW, P66, 3, 0x3f, EO|EW, 4) X(VPCMPD, P66, 3, 0x1f, EO, 4) X(VPCMPQ, P66, 3, 0x1f, EO|EW, 4) \
    X(VPCMPUB, P66, 3, 0x3e, EO, 4) X(VPCMPUW, P66, 3, 0x3e, EO|EW, 4) X(VPCMPUD, P66, 3, 0x1e, EO, 4) X(VPCMPUQ, P66, 3, 0x1e, EO|EW, 4) \
    X(VCMPPS_K, P0, 1, 0xc2, EO, 4) X(VCMPPD_K, P66, 1, 0xc2, EO|EW, 4) \
    X(VPMOVM2B, PF3, 2, 0x28, EO, 0) X(VPMOVM2W, PF3, 2, 0x28, EO|EW, 0) X(VPMOVM2D, PF3, 2, 0x38, EO, 0) X(VPMOVM2Q, PF3, 2, 0x38, EO|EW, 0) \
    X(VPMOVW2M, PF3, 2, 0x29, EO|EW, 0) X(VPMOVD2M, PF3, 2, 0x39, EO, 0) X(VPMOVQ2M, PF3, 2, 0x39, EO|EW, 0) \
    X(KORTESTB, P66, 1, 0x98, NE, 0) X(MOVDQA32, P66, 1, 0x6f, EO, 4) X(MOVDQU16, PF2, 1, 0x6f, EO|EW, 4) X(MOVDQA64, P66, 1, 0x6f, EO|EW, 4) \
    /* others */ \
    X(PCLMULQDQ, P66, 3, 0x44, 0, 4) X(GF2P8AFFINEQB, P66, 3, 0xce, W|EW, 4) \
    X(AESENC, P66, 2, 0xdc, 0, 4) X(AESENCLAST, P66, 2, 0xdd, 0, 4) X(AESDEC, P66, 2, 0xde, 0, 4) \
    X(AESDECLAST, P66, 2, 0xdf, 0, 4) X(AESIMC, P66, 2, 0xdb, NE, 4)
// clang-format on

enum {
#define X64_VOP_ENUM(name, pfx, map, opc, flags, n)                                                \
    V_##name = (int) (X64_OP(pfx, map, opc) | (flags) | (n) << X64_N_SHIFT),
#define X64_VOP_S(n) ((n) << X64_EXT_SHIFT)
    X64_VOPS(X64_VOP_ENUM, 0, X64_P66, X64_PF3, X64_PF2, X64_W, X64_EW, X64_EVEX_ONLY,
             X64_NO_EVEX, X64_VOP_S)
};

#endif
