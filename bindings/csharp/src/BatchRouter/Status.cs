using BatchRouter.Native;

namespace BatchRouter;

/// <summary>What a call came to: the numbers of <c>br_status</c>. An unknown negative number is a failure too.</summary>
public enum ErrorCode
{
    /// <summary>No error.</summary>
    None = 0,
    /// <summary>The call itself is wrong.</summary>
    InvalidArgument = -1,
    /// <summary>A setting is unknown or has a wrong value.</summary>
    Configuration = -2,
    /// <summary>A request is invalid; nothing was sent. See <see cref="BatchRouterException.Issues"/>.</summary>
    InvalidInput = -3,
    /// <summary>The API key is missing or refused.</summary>
    Authentication = -4,
    /// <summary>The vendor could not be reached or was overloaded; safe to do again.</summary>
    Network = -5,
    /// <summary>The vendor refused.</summary>
    Provider = -6,
    /// <summary>No such job or batch.</summary>
    NotFound = -7,
    /// <summary>No provider of that name.</summary>
    NoProvider = -8,
    /// <summary>The job has not ended, so its results are not there yet.</summary>
    NotComplete = -9,
    /// <summary>The time given ran out; the job goes on.</summary>
    Timeout = -10,
    /// <summary>Out of credit or quota at the vendor.</summary>
    Quota = -11,
    /// <summary>Over a limit of the vendor; splitting may help.</summary>
    Limit = -12,
    /// <summary>A batch was possibly submitted; it has to be looked for before it is sent again.</summary>
    UnknownOutcome = -13,
    /// <summary>The state directory is damaged or cannot be written.</summary>
    Store = -14,
    /// <summary>Another process owns the state directory.</summary>
    Locked = -15,
    /// <summary>A file could not be read or written.</summary>
    InputOutput = -16,
    /// <summary>Memory is out.</summary>
    OutOfMemory = -17,
    /// <summary>The router is closed.</summary>
    Closed = -18,
    /// <summary>Called in a forked child.</summary>
    Forked = -19,
    /// <summary>The provider has no such operation.</summary>
    Unsupported = -20,
    /// <summary>The vendor's answer makes no sense.</summary>
    Protocol = -21,
    /// <summary>A bug in the library; please report it.</summary>
    Internal = -22,
    /// <summary>Some of several operations failed.</summary>
    Partial = -23,
    /// <summary>Cancelled by the caller.</summary>
    Cancelled = -24,
    /// <summary>The name is taken.</summary>
    AlreadyExists = -25,
    /// <summary>Would cost more than allowed.</summary>
    Budget = -26,
}

/// <summary>The positive states, and the one way from a status to an exception.</summary>
internal static class Status
{
    public const int Ok = 0;
    public const int Again = 1;
    public const int End = 2;
    public const int Exists = 3;
    public const int Pass = 4;

    /// <summary>Returns a status that is no error; throws, and frees the error, for one that is.</summary>
    public static int Check(int status, nint error)
    {
        if (status >= 0) return status;
        throw BatchRouterException.Take(status, error);
    }

    /// <summary>The last look of a wait whose time is over; a wakeup, which is somebody else's, ends it as well.</summary>
    public static void OkOrTimeout(int status, nint error)
    {
        if (Check(status, error) == Again)
            throw new BatchRouterException(ErrorCode.Timeout, "the time given ran out", "the job goes on; wait again");
    }

    public static unsafe string NameOf(int status) => Utf8.Read(NativeMethods.br_status_name(status)) ?? "";
}
