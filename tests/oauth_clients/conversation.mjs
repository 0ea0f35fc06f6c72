// The talk between a client in Node and the test that started it: one JSON object a line, both ways.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

/** Says something to the test. */
export const say = (message) => process.stdout.write(JSON.stringify(message) + '\n')

/** What the test says next. */
export async function hear() {
  const { value, done } = await lines.next()
  if (done) throw new Error('the test has gone')
  return JSON.parse(value)
}

/** Runs `steps` with what the test says first; whatever fails is said too. */
export async function converse(steps) {
  try {
    await steps(await hear())
    process.exit(0)
  } catch (error) {
    say({ failed: `${error.code ?? error.name}: ${error.message}`, cause: String(error.cause?.message ?? error.cause ?? '') })
    process.exit(1)
  }
}
