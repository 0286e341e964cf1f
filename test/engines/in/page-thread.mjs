import { answer } from '../smoke/answer.mjs'
import { tell } from '../smoke/tell.mjs'

addEventListener('message', async ({ data: { module, handle } }) => {
  try {
    postMessage(answer(await import(module), handle))
  } catch (error) {
    postMessage({ failure: tell(error) })
  }
})
