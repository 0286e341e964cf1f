// `node examples/worker/run.mjs`: a card in this thread, a guest's CPU in another.
import { run, tell } from './main.mjs'

const result = await run()
console.log(tell(result))
if (result.sum !== result.sent) process.exitCode = 1
