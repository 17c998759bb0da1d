// Package batchrouter sends many requests to language models through the vendors' batch APIs, at about half the price,
// and hands every answer back under the id it was asked under. State is kept on disk: a process that dies at any
// instruction loses no batch and pays for none twice.
//
// A Router owns a state directory. A Batch of Requests is submitted to it and becomes a Job, whose Results are taken
// with Job.Each, or ranged over with Job.Results from Go 1.23 on; Job.EachBlock and Job.Blocks give them without a copy,
// many at once. API keys come from the environment (OPENAI_API_KEY, …) or from Config.Settings.
//
// # Rules
//
// Only a Router has to be closed. Everything else is ordinary memory, but for a Block, which is borrowed for its turn.
//
// Any goroutine may use a Router, a Job and a Result at any time; a Batch and a Request are built by one at a time, and
// may then be shared by those that use them as they are. Waiting
// goroutines cost no thread, but for those that wait for a vendor's answer (Refresh, Cancel, RemoteJobs). No function
// locks a goroutine to its thread.
//
// Every call that waits takes a context, and returns its error when it ends, or when a CustomProvider's function that it
// runs meanwhile has returned. The job goes on.
//
// Errors are *Error values; errors.Is compares them with the Err constants.
//
// Callbacks run one at a time, on goroutines of the router. A panic in one is caught and returned by Router.Close;
// runtime.Goexit, which a failing test calls, ends that callback alone.
//
// Text has to be UTF-8: what is not is refused before anything is sent.
//
// A result counts as taken when it was acknowledged, not when it was read: what was not comes again from the next
// Router on the state directory, see Result.Redelivered.
//
// In a forked child every call returns ErrForked.
package batchrouter
