/** How many regions may lie one within another, and how many aliases may be of one another: a real board has 11. */
export const MAX_DEPTH = 256

/** Bytes: the most memory that all regions of a machine have together, 64 TiB. A block is an object for each 2 GiB of it. */
export const MAX_MEMORY: bigint = 2n ** 46n
