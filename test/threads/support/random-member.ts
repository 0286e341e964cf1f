import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type BoardHandle, Member } from 'guestmem/threads'
import { ATTRS } from '../../transfer/support/request-spec.ts'
import { type Answer, ASKED, type Call, DONE } from './remote-space.ts'

// Makes the requests that come, as a member of the board whose handle came last.

const { words, port } = workerData as { words: Int32Array; port: MessagePort }
let cpu: Member | undefined
for (let made = 0; ; made++) {
  Atomics.wait(words, ASKED, made)
  let message = receiveMessageOnPort(port)?.message as Call | BoardHandle
  while ('rams' in message) {
    cpu?.space.destroy()
    cpu = new Member(message)
    message = receiveMessageOnPort(port)?.message
  }
  const { space } = cpu as Member
  const { name, args, attrs } = message
  const call = space[name] as (...args: unknown[]) => unknown
  const value = cpu?.run(() => call.apply(space, attrs < 0 ? [...args] : [...args, ATTRS[attrs]]))
  const bytes = name === 'read' ? (args[1] as Uint8Array) : undefined
  const { result, high } = space
  port.postMessage({ value, result, high, bytes } satisfies Answer)
  Atomics.store(words, DONE, made + 1)
  // The owner may sleep.
  cpu?.flush()
}
