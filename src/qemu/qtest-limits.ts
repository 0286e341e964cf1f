/** Bytes: the most that one request reads, writes or sets. What is longer is a mistake of the client. */
export const MAX_SIZE: number = 2 ** 24

/** Bytes: the longest request, its end not counted. That of a `write` has two digits for each byte, and some words. */
export const MAX_LINE: number = 2 * MAX_SIZE + 256

/** Characters: the longest number. 64 bits are 64 digits at most, to whatever base. */
export const MAX_DIGITS = 66
