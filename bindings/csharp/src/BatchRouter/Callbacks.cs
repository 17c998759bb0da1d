using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// What C calls. user_data is a GCHandle that destroy frees, so that the targets live exactly as long as C may call them.
/// Nothing is thrown through C: what a target throws goes to the one who asked for it, or nowhere.
/// </summary>
internal sealed unsafe class Callbacks
{
    private readonly Action<LogLevel, string>? log;
    private readonly Action<RouterEvent>? happened;
    private readonly Action<Exception>? failed;

    private Callbacks(RouterOptions options)
    {
        log = options.Log;
        happened = options.Event;
        failed = options.CallbackFailed;
    }

    /// <summary>Puts the options' targets into their configuration. Events are always asked for: they wake waits.</summary>
    public static Callbacks Install(RouterOptions options)
    {
        var callbacks = new Callbacks(options);
        nint err = 0;
        Status.Check(Give(callbacks, self =>
            NativeMethods.br_config_set_event(options.Handle, &OnEvent, self, &Destroy, out err)), err);
        // Without a target too: the options may have had one when another router was made of them.
        delegate* unmanaged[Cdecl]<nint, int, byte*, void> logged = callbacks.log is null ? null : &OnLog;
        Status.Check(Give(callbacks.log is null ? null : callbacks, self =>
            NativeMethods.br_config_set_log(options.Handle, (int)options.LogLevel, logged, self, &Destroy, out err)), err);
        return callbacks;
    }

    /// <summary>A completion: called once, or never, with the id of the job.</summary>
    public sealed record Completion(Callbacks Owner, Action<string> Done);

    /// <summary>
    /// Makes a call that gives C a target (null: none) and <see cref="Destroy"/>, which C calls whatever becomes of the
    /// call. Of a call that was never made, for one of its handles is disposed, the target is let go here.
    /// </summary>
    public static int Give(object? target, Func<nint, int> call)
    {
        nint userData = target is null ? 0 : GCHandle.ToIntPtr(GCHandle.Alloc(target));
        try
        {
            return call(userData);
        }
        catch (ObjectDisposedException)
        {
            if (userData != 0) GCHandle.FromIntPtr(userData).Free();
            throw;
        }
    }

    public void Report(Exception failure)
    {
        try
        {
            failed?.Invoke(failure);
        }
        catch (Exception)
        {
            // A reporter that fails has nobody left to tell.
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnDone(nint userData, nint job)
    {
        var completion = (Completion)GCHandle.FromIntPtr(userData).Target!;
        try
        {
            Poller.RunsForeignCode();
            completion.Done(Utf8.Read(NativeMethods.br_job_id_borrowed(job)) ?? "");
        }
        catch (Exception e)
        {
            completion.Owner.Report(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Destroy(nint userData)
    {
        if (userData != 0) GCHandle.FromIntPtr(userData).Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint userData, int level, byte* message)
    {
        var callbacks = (Callbacks)GCHandle.FromIntPtr(userData).Target!;
        try
        {
            Poller.RunsForeignCode();
            callbacks.log!((LogLevel)level, Utf8.Read(message) ?? "");
        }
        catch (Exception e)
        {
            callbacks.Report(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnEvent(nint userData, int kind, byte* jobId, byte* json)
    {
        var callbacks = (Callbacks)GCHandle.FromIntPtr(userData).Target!;
        if (callbacks.happened is null) return;
        try
        {
            Poller.RunsForeignCode();
            callbacks.happened(new RouterEvent((EventKind)kind, Utf8.Read(jobId) ?? "", Utf8.Read(json) ?? ""));
        }
        catch (Exception e)
        {
            callbacks.Report(e);
        }
    }
}
