using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>One owner for each native object. Releasing only frees: closing a router is an explicit call.</summary>
internal abstract class NativeHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>
    /// Keeps the native object until it is disposed of, whoever disposes of the handle: texts are borrowed from it. Throws
    /// ObjectDisposedException when it is gone.
    /// </summary>
    public Holding Hold() => new(this);

    /// <summary>One hold of a handle.</summary>
    public readonly ref struct Holding
    {
        private readonly NativeHandle owner;

        public Holding(NativeHandle owner)
        {
            this.owner = owner;
            bool held = false;
            owner.DangerousAddRef(ref held);
        }

        public void Dispose() => owner.DangerousRelease();
    }
}

internal sealed class ConfigHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_config_free(handle);
        return true;
    }
}

internal sealed class RequestHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_request_free(handle);
        return true;
    }
}

internal sealed class BatchHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_batch_free(handle);
        return true;
    }
}

internal sealed class PlanHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_plan_free(handle);
        return true;
    }
}

internal sealed class RouterHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_router_free(handle);
        return true;
    }
}

internal class JobHandle : NativeHandle
{
    public JobHandle()
    {
    }

    public JobHandle(nint job) => SetHandle(job);

    protected override bool ReleaseHandle()
    {
        NativeMethods.br_job_free(handle);
        return true;
    }
}

/// <summary>A job that a list owns.</summary>
internal sealed class BorrowedJob(nint job) : JobHandle(job)
{
    protected override bool ReleaseHandle() => true;
}

internal sealed class JobListHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_job_list_free(handle);
        return true;
    }
}

internal sealed class ResultHandle : NativeHandle
{
    public ResultHandle()
    {
    }

    public ResultHandle(nint owned) => SetHandle(owned);

    protected override bool ReleaseHandle()
    {
        NativeMethods.br_result_free(handle);
        return true;
    }
}

internal sealed class ResultsHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_results_free(handle);
        return true;
    }
}

internal sealed class ExchangeHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_exchange_free(handle);
        return true;
    }
}

internal sealed class CaptureHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.br_capture_free(handle);
        return true;
    }
}

internal sealed class AnswerHandle : NativeHandle
{
    public AnswerHandle(nint owned) => SetHandle(owned);

    protected override bool ReleaseHandle()
    {
        NativeMethods.br_answer_free(handle);
        return true;
    }
}
