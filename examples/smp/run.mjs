// A RISC-V machine of two harts, each in a thread: they count under locks, interrupt each other and share a disk.

import { runProgram } from './program/run-program.mjs'

const { code, printed, counts, turns, sum, wrongSectors, runs } = await runProgram()
process.stdout.write(printed)
console.log(
  `  counted under locks, by amoswap and by lr and sc: ${counts.swap}, ${counts.reserved}; by amoadd: ${counts.added}`,
)
console.log(`  turns, handed on by interrupts: ${turns.join(', ')}`)
console.log(`  the disk, by one ring: the sum is ${sum.toString(16)}, ${wrongSectors.length} sectors are wrong`)
for (const [hart, { instructions, calls }] of runs.entries())
  console.log(`  hart ${hart}: ${(instructions / 1e6).toFixed(2)} million instructions, ${calls} accesses to devices`)
process.exitCode = code
