import { avrDemo } from './avr/demo.mjs'
import { raceDemo } from './race/demo.mjs'

const start = performance.now()
console.log('guestmem: memory regions, address spaces and ordered copies for emulators in JavaScript\n')
const emulator = avrDemo()
const order = await raceDemo()
const seconds = ((performance.now() - start) / 1000).toFixed(0)
console.log(emulator && order ? `all as it should be, in ${seconds} s` : 'FAILED: see WRONG above')
if (!emulator || !order) process.exitCode = 1
