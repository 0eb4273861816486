/** The engine couldn't be reached, or didn't do what it was asked. Whether it did a part isn't known. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}
