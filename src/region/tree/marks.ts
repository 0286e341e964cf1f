// Flags that a region inherits from what it is shown through (RULES C4); a set of them is a number.

export const READONLY = 1
export const NONVOLATILE = 2
