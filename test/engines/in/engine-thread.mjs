import { parentPort } from 'node:worker_threads'
import { answer } from '../smoke/answer.mjs'
import { load } from './load.mjs'

parentPort.once('message', async ({ module, handle }) => {
  parentPort.postMessage(answer(await load(module), handle))
})
