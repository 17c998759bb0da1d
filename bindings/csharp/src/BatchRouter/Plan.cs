using BatchRouter.Native;

namespace BatchRouter;

/// <summary>What a batch would bring to the vendors and cost, before anything is sent.</summary>
public sealed unsafe class Plan
{
    internal Plan(PlanHandle plan)
    {
        using NativeHandle.Holding held = plan.Hold();
        Batches = NativeMethods.br_plan_batches(plan);
        Requests = NativeMethods.br_plan_requests(plan);
        Bytes = NativeMethods.br_plan_bytes(plan);
        InputTokens = NativeMethods.br_plan_input_tokens(plan);
        OutputTokensMax = NativeMethods.br_plan_output_tokens_max(plan);
        SyncUsd = Known(NativeMethods.br_plan_sync_usd(plan));
        BatchUsd = Known(NativeMethods.br_plan_batch_usd(plan));
        Json = Utf8.Read(NativeMethods.br_plan_json(plan, out nuint length), length) ?? "";
    }

    /// <summary>Remote batches the job would have.</summary>
    public long Batches { get; }

    /// <summary>Its requests.</summary>
    public long Requests { get; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; }

    /// <summary>A guess of the tokens of the requests.</summary>
    public long InputTokens { get; }

    /// <summary>An upper bound of the tokens of the answers.</summary>
    public long OutputTokensMax { get; }

    /// <summary>US dollars at the standard price, at most; null when the price of a model is not known.</summary>
    public double? SyncUsd { get; }

    /// <summary>US dollars at the batch price, at most; null when the price of a model is not known.</summary>
    public double? BatchUsd { get; }

    /// <summary>All of it, per remote batch too, with the date of the prices and warnings.</summary>
    public string Json { get; }

    private static double? Known(double usd) => usd < 0 ? null : usd;
}
