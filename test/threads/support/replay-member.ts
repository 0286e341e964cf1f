import { workerData } from 'node:worker_threads'
import { type BoardHandle, Member } from 'guestmem/threads'
import { Mailbox } from './mailbox.ts'

// Makes the requests that the mailbox brings, each through a member of the board that it names.

const mail = new Mailbox(workerData.mailbox)
const members = (workerData.handles as BoardHandle[]).map(handle => new Member(handle))
for (;;) {
  const { board, write, address, bytes } = mail.next()
  const member = members[board]
  if (member === undefined) break
  const result = member.run(() => (write ? member.space.write(address, bytes) : member.space.read(address, bytes)))
  mail.answer(bytes, result)
  // The owner may sleep: it is done with this request.
  member.flush()
}
