using System.Globalization;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Settings of a router. Every one is a property with a name and a text value (docs/configuration.md); the frequent ones
/// have members of their own. A wrong name or value throws where it is set. One thread at a time.
/// </summary>
public sealed unsafe class RouterOptions : IDisposable
{
    private readonly ConfigHandle handle = NativeMethods.br_config_new();

    /// <summary>The settings and their defaults.</summary>
    public static IReadOnlyList<Setting> Settings { get; } = ReadSettings();

    /// <summary>Options from settings written KEY=VALUE, such as the arguments of a program.</summary>
    public static RouterOptions FromSettings(IEnumerable<string> settings)
    {
        var options = new RouterOptions();
        foreach (string setting in settings)
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) throw new ArgumentException($"the setting \"{setting}\" has no value; write KEY=VALUE", nameof(settings));
            options.Set(setting[..equals], setting[(equals + 1)..]);
        }

        return options;
    }

    /// <summary>A setting by name. Reading gives the value in force; null for secrets and unknown names.</summary>
    public string? this[string key]
    {
        get
        {
            using (handle.Hold()) return Utf8.Read(NativeMethods.br_config_get(handle, Utf8.Name(key)));
        }
        set => Set(key, value ?? "");
    }

    /// <summary>Directory of the state; ".batch_router" by default.</summary>
    public string? StateDirectory { get => this["state_dir"]; set => this["state_dir"] = value; }

    /// <summary>The first wait between two status calls; 60 s by default.</summary>
    public TimeSpan PollInterval { get => Time("poll.interval_ms"); set => Set("poll.interval_ms", value); }

    /// <summary>The wait grows to at most this; 5 min by default.</summary>
    public TimeSpan MaxPollInterval { get => Time("poll.max_interval_ms"); set => Set("poll.max_interval_ms", value); }

    /// <summary>Cut a batch over the provider's limits into several, where it is refused by default.</summary>
    public bool Split { get => this["split"] == "auto"; set => this["split"] = value ? "auto" : "never"; }

    /// <summary>Refuse a batch whose answers may cost more; null for no limit.</summary>
    public decimal? MaxCostUsd
    {
        get => decimal.TryParse(this["max_cost_usd"], CultureInfo.InvariantCulture, out decimal usd) ? usd : null;
        set => this["max_cost_usd"] = value?.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Log records up to this level go to <see cref="Log"/>.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Warning;

    /// <summary>Takes log records. Runs on the router's thread; must not block for long.</summary>
    public Action<LogLevel, string>? Log { get; set; }

    /// <summary>Takes events. Runs on the router's thread; must not block for long.</summary>
    public Action<RouterEvent>? Event { get; set; }

    /// <summary>Takes what <see cref="Log"/>, <see cref="Event"/> and completions throw. It harms nothing else.</summary>
    public Action<Exception>? CallbackFailed { get; set; }

    internal ConfigHandle Handle => handle;

    /// <summary>Sets a property from its text form.</summary>
    public RouterOptions Set(string key, string value)
    {
        Status.Check(NativeMethods.br_config_set(handle, Utf8.Name(key), Utf8.Name(value), out nint err), err);
        return this;
    }

    /// <summary>The key and, where it is not the vendor's own, the base URL of a provider.</summary>
    public RouterOptions Provider(string name, string? apiKey = null, string? baseUrl = null)
    {
        if (apiKey is not null) Set($"{name}.api_key", apiKey);
        return baseUrl is null ? this : Set($"{name}.base_url", baseUrl);
    }

    /// <summary>Frees them. A router that was made with them goes on.</summary>
    public void Dispose() => handle.Dispose();

    /// <summary>Runs the work with the options' handle, or with that of the defaults.</summary>
    internal static void With(RouterOptions? options, Action<ConfigHandle> work)
    {
        if (options is not null)
        {
            work(options.handle);
            return;
        }

        using var defaults = new RouterOptions();
        work(defaults.handle);
    }

    private TimeSpan Time(string key) => TimeSpan.FromMilliseconds(long.Parse(this[key]!, CultureInfo.InvariantCulture));

    private void Set(string key, TimeSpan value) =>
        Set(key, ((long)value.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));

    private static Setting[] ReadSettings()
    {
        var settings = new Setting[(int)NativeMethods.br_config_property_count()];
        for (nuint i = 0; i < (nuint)settings.Length; i++)
        {
            settings[i] = new Setting(Utf8.Read(NativeMethods.br_config_property_name(i)) ?? "",
                Utf8.Read(NativeMethods.br_config_property_default(i)),
                Utf8.Read(NativeMethods.br_config_property_doc(i)) ?? "");
        }

        return settings;
    }
}

/// <summary>A setting: its name, its default, and what it means in one line.</summary>
public sealed record Setting(string Name, string? Default, string Meaning);

/// <summary>What happened to a job. Json has the whole record.</summary>
public sealed record RouterEvent(EventKind Kind, string JobId, string Json)
{
    /// <summary>The kind's name, such as "batch_polled".</summary>
    public unsafe string Name => Utf8.Read(NativeMethods.br_event_name((int)Kind)) ?? "";
}
