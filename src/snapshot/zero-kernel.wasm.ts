// Assembled from zero-kernel.wat by `npm run kernels`: a character per byte.
/** What each character is above its byte, modulo 256. */
export const SHIFT = 40
export const ZERO_KERNEL = '(\x89\x9b\x95)((()/)\x88*\xa7\xa7)\xa7*<)0\x8f\x9d\x8d\x9b\x9c\x95\x8d\x95+\x9a\x89\x95*+(\xa8\xa8,+*)(/1)-\xa2\x8d\x9a\x97\x9b((2\x82)\x80)*\xa7*h+hH+H)n5)H(i\xa8H\x92I*+hH(%(((H(%((8%xH(%((HH(%((X%x%x%{5*H(i\xe8(\x92I(H(H*o5(3H+i)\x92I+4(33H+3'
