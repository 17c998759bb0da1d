using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// A request of one text, made and added without an object of its own: what a program does many thousand times. It is
/// compiled at its best at once, because most programs do it only at their start.
/// </summary>
internal static unsafe class Question
{
    /// <summary>Characters that are converted in one piece; longer texts take the way of every request.</summary>
    public const int Most = 1 << 18;

    private const int Room = 1024;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTo(BatchHandle batch, string customId, string model, string prompt, string? system)
    {
        Utf8.Name(customId);
        Utf8.Name(model);
        Utf8.Text(prompt);
        if (system is not null) Utf8.Text(system);
        bool held = false;
        try
        {
            batch.DangerousAddRef(ref held);
            Encode(batch.DangerousGetHandle(), customId, model, prompt, system);
        }
        finally
        {
            if (held) batch.DangerousRelease();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Encode(nint batch, string customId, string model, string prompt, string? system)
    {
        byte* room = stackalloc byte[Room];
        int needed = 3 * (customId.Length + model.Length + prompt.Length + (system?.Length ?? 0)) + 4;
        byte[]? rented = needed <= Room ? null : ArrayPool<byte>.Shared.Rent(needed);
        fixed (byte* large = rented)
        {
            byte* id = rented is null ? room : large, end = id + Math.Max(Room, needed);
            byte* name = Append(customId, id, end), text = Append(model, name, end), more = Append(prompt, text, end);
            byte* behind = system is null ? more : Append(system, more, end);
            nint err = 0;
            int status = Add(batch, id, name, text, more, system is null ? null : behind, &err);
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
            Status.Check(status, err);
        }
    }

    /// <summary>Writes the text and a NUL; returns what is behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte* Append(string text, byte* at, byte* end)
    {
        at += Encoding.UTF8.GetBytes(text, new Span<byte>(at, (int)(end - at)));
        *at = 0;
        return at + 1;
    }

    /// <summary>Each text ends one before the next begins. behind: the end of the system prompt, null if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Add(nint batch, byte* id, byte* model, byte* text, byte* system, byte* behind, nint* err)
    {
        nint request = NativeMethods.br_request_new(id, model);
        if (request == 0) throw BatchRouterException.OutOfMemory();
        int status = behind == null ? Status.Ok
            : NativeMethods.br_request_set_system(request, system, (nuint)(behind - system - 1), err);
        if (status >= 0) status = NativeMethods.br_request_add_message(request, (int)Role.User, err);
        if (status >= 0) status = NativeMethods.br_request_add_text(request, text, (nuint)(system - text - 1), err);
        if (status >= 0) status = NativeMethods.br_batch_add(batch, request, err);
        NativeMethods.br_request_free(request);
        return status;
    }
}
