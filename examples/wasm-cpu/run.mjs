// A RISC-V hart in WebAssembly text runs a guest's program. Loads and stores of RAM, and fetches, are made by the CPU itself, in
// the memory that it runs in; devices are called. docs/PAGE-TABLE.md explains the table that it looks at.

import { printTable } from '../table.mjs'
import { Board } from './board.mjs'
import { PROGRAM, prepare, ROUNDS, WORDS } from './program.mjs'

const board = new Board(PROGRAM)
prepare(board.space)
const instructions = board.run()
const { 10: sum, 11: banks } = board.registers()

process.stdout.write(board.printed)
// A fetch each, and the loads and stores of the copy.
const accesses = instructions + 2 * WORDS * ROUNDS
printTable(
  ['what', 'how many'],
  [
    ['instructions', instructions],
    ['accesses', accesses],
    ['of these, calls out of WebAssembly', board.calls],
  ],
)
console.log(`  the sum of the words: 0x${sum.toString(16)}; the first bytes of the banks: 0x${banks.toString(16)}`)
board.table.destroy()
