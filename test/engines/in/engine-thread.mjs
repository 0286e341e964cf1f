import { parentPort } from 'node:worker_threads'
import { answer } from '../smoke/answer.mjs'
import { member } from '../smoke/member.mjs'
import { load } from './load.mjs'

parentPort.once('message', async ({ module, door, handle }) => {
  const guestmem = await load(module)
  parentPort.postMessage(
    door === undefined ? answer(guestmem, handle) : { seen: member(await load(door), guestmem, handle) },
  )
})
