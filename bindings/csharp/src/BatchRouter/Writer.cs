using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>A stream that C writes to. What the stream throws stops the work and is thrown again after it.</summary>
internal sealed unsafe class Writer
{
    private readonly Stream destination;
    private ExceptionDispatchInfo? failure;

    private Writer(Stream destination) => this.destination = destination;

    public delegate (int Status, nint Error) Work(WriteFunction write, nint userData);

    public static void Run(Stream destination, Work work)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var writer = new Writer(destination);
        GCHandle self = GCHandle.Alloc(writer);
        try
        {
            (int status, nint error) = work(new WriteFunction(&Write), GCHandle.ToIntPtr(self));
            if (writer.failure is not null && error != 0) NativeMethods.br_error_free(error);
            writer.failure?.Throw();
            Status.Check(status, error);
        }
        finally
        {
            self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(nint userData, byte* data, nuint length)
    {
        var writer = (Writer)GCHandle.FromIntPtr(userData).Target!;
        try
        {
            writer.destination.Write(Utf8.Span(data, length));
            return 0;
        }
        catch (Exception e)
        {
            writer.failure = ExceptionDispatchInfo.Capture(e);
            return 1;
        }
    }

    /// <summary>A function pointer that may be a parameter of a delegate.</summary>
    public readonly struct WriteFunction(delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> function)
    {
        public readonly delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> Function = function;
    }
}
