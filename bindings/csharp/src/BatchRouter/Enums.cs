namespace BatchRouter;

/// <summary>States of a job. The first six are the ones every vendor has.</summary>
public enum JobState
{
    /// <summary>The vendor reads the requests.</summary>
    Validating = 1,
    /// <summary>The vendor answers.</summary>
    InProgress = 2,
    /// <summary>The vendor is done; the results tell what failed.</summary>
    Completed = 3,
    /// <summary>The batch failed as a whole.</summary>
    Failed = 4,
    /// <summary>Cancelled.</summary>
    Cancelled = 5,
    /// <summary>The vendor's window ran out.</summary>
    Expired = 6,
    /// <summary>Recorded here, not sent yet.</summary>
    Queued = 100,
    /// <summary>Being sent.</summary>
    Submitting = 101,
    /// <summary>The vendor writes the results.</summary>
    Finalizing = 102,
    /// <summary>The vendor was asked to stop.</summary>
    Cancelling = 103,
}

/// <summary>What is known of the submission of a job.</summary>
public enum Submission
{
    /// <summary>The vendor does not have it.</summary>
    NotSubmitted = 0,
    /// <summary>No clear answer came; it is looked for.</summary>
    PossiblySubmitted = 1,
    /// <summary>The vendor has it.</summary>
    Submitted = 2,
}

/// <summary>How one request ended.</summary>
public enum ResultStatus
{
    /// <summary>Answered.</summary>
    Succeeded = 1,
    /// <summary>Refused, failed, or its answer is missing.</summary>
    Errored = 2,
    /// <summary>Cancelled before it was answered.</summary>
    Cancelled = 3,
    /// <summary>The vendor's window ran out before it was answered.</summary>
    Expired = 4,
}

/// <summary>Orders of <see cref="Job.ReadResults"/>.</summary>
public enum ResultOrder
{
    /// <summary>As they arrived, batch by batch.</summary>
    Arrival = 0,
    /// <summary>As the requests were given; takes 32 bytes of memory for each request.</summary>
    Input = 1,
}

/// <summary>Roles of a message. The system prompt is no message.</summary>
public enum Role
{
    /// <summary>The user.</summary>
    User = 1,
    /// <summary>The model.</summary>
    Assistant = 2,
}

/// <summary>Where the bytes of an image, document or audio part are.</summary>
public enum Source
{
    /// <summary>At a URL.</summary>
    Url = 1,
    /// <summary>In the request, as base64 text.</summary>
    Base64 = 2,
    /// <summary>In a file at the vendor.</summary>
    FileUri = 3,
}

/// <summary>Log levels: a record is passed on when its level is at most the one asked for.</summary>
public enum LogLevel
{
    /// <summary>Errors.</summary>
    Error = 1,
    /// <summary>And warnings.</summary>
    Warning = 2,
    /// <summary>And what is done.</summary>
    Information = 3,
    /// <summary>And everything else.</summary>
    Debug = 4,
}

/// <summary>What happened to a job.</summary>
public enum EventKind
{
    /// <summary>The job's state changed.</summary>
    State = 1,
    /// <summary>The vendor's counters moved.</summary>
    Progress = 2,
    /// <summary>A remote batch is about to be made.</summary>
    BatchSubmitting = 3,
    /// <summary>The vendor accepted a remote batch.</summary>
    BatchSubmitted = 4,
    /// <summary>A poll was answered.</summary>
    BatchPolled = 5,
    /// <summary>A remote batch reached a terminal state at the vendor.</summary>
    BatchEnded = 6,
    /// <summary>A call failed and will be made again.</summary>
    Retry = 7,
    /// <summary>A create call got no clear answer: possibly submitted.</summary>
    Unknown = 8,
    /// <summary>A possibly submitted batch was found at the vendor.</summary>
    Adopted = 9,
    /// <summary>Absence was proven and the batch is sent again.</summary>
    Resent = 10,
    /// <summary>The job waits for somebody: key refused, out of credit, network away.</summary>
    Blocked = 11,
    /// <summary>A result row for an id that was never asked.</summary>
    UnknownId = 12,
    /// <summary>A second result row for one id; the first counts.</summary>
    DuplicateRow = 13,
    /// <summary>A result row that is not JSON.</summary>
    MalformedRow = 14,
    /// <summary>Ids without a result row.</summary>
    MissingResults = 15,
    /// <summary>Results can be taken.</summary>
    ResultsReady = 16,
    /// <summary>Every request of the job has its one result.</summary>
    JobDone = 17,
    /// <summary>Something dropped or odd that was not asked for; see the message.</summary>
    Warning = 18,
    /// <summary>The requests of a new job are on disk and wait to be sent.</summary>
    RequestsQueued = 19,
    /// <summary>The vendor began to work on a remote batch.</summary>
    BatchProcessing = 20,
    /// <summary>The vendor refused or failed a remote batch as a whole; see the message.</summary>
    BatchFailed = 21,
    /// <summary>The gateway answered a request from an earlier answer; it was not sent.</summary>
    CacheHitRouted = 22,
    /// <summary>The gateway's timer of the window that collects requests failed; see the message.</summary>
    WindowTimerError = 23,
    /// <summary>A capture ends: what it had collected is submitted.</summary>
    FinalFlushSubmitting = 24,
    /// <summary>The job has results to hand out, and before it had none, or whoever looked last had found none.</summary>
    ResultsArrived = 25,
}
