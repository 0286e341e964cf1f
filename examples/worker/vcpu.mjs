// The thread of the guest's CPU: a Worker of a page, of Bun or of Deno, or one of Node's worker_threads.
import { GuestRam } from 'guestmem'
import { Guest } from './guest.mjs'

const port = globalThis.process?.getBuiltinModule?.('node:worker_threads').parentPort ?? globalThis

port.onmessage = ({ data }) => new Guest(GuestRam.attach(data)).run()
