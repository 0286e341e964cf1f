import { answer } from '../smoke/answer.mjs'
import { member } from '../smoke/member.mjs'
import { tell } from '../smoke/tell.mjs'

addEventListener('message', async ({ data: { module, door, handle } }) => {
  try {
    const guestmem = await import(module)
    postMessage(door === undefined ? answer(guestmem, handle) : { seen: member(await import(door), guestmem, handle) })
  } catch (error) {
    postMessage({ failure: tell(error) })
  }
})
