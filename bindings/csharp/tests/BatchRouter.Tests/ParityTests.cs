using System.Reflection;
using System.Text.RegularExpressions;
using BatchRouter.Native;
using Xunit;

namespace BatchRouter.Tests;

public class ParityTests
{
    private static readonly string Header = File.ReadAllText(Path.Combine(Paths.Source, "include/batchrouter.h"));

    /// <summary>Functions of the header that this binding does not declare, each with its reason.</summary>
    private static readonly Dictionary<string, string> Undeclared = [];

    /// <summary>Declarations under another name than the function's, each with its reason.</summary>
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["br_job_id_borrowed"] = "br_job_id of the job that a callback or a list owns",
        ["br_result_free_stored"] = "br_result_free of a result that holds no router",
    };

    [Fact]
    public void every_function_of_the_header_is_declared()
    {
        IEnumerable<string> functions = Regex.Matches(Header, @"^BR_API [^(]*?\b(br_\w+)\(", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value);
        string[] declared = Declared();
        Assert.True(functions.Count() > 100);
        Assert.Empty(functions.Except(declared).Except(Undeclared.Keys));
        Assert.Empty(declared.Except(functions).Except(Renamed.Keys));
    }

    [Fact]
    public void every_declared_function_is_exported()
    {
        nint library = System.Runtime.InteropServices.NativeLibrary.Load(
            LibraryLoader.Candidates(Environment.GetEnvironmentVariable(LibraryLoader.Variable)).First());
        Assert.All(Declared().Except(Renamed.Keys),
            name => Assert.NotEqual(0, System.Runtime.InteropServices.NativeLibrary.GetExport(library, name)));
    }

    [Theory]
    [InlineData("BR_E[A-Z]+", typeof(ErrorCode))]
    [InlineData("BR_EVENT_[A-Z_]+", typeof(EventKind))]
    [InlineData("BR_STATE_[A-Z_]+", typeof(JobState))]
    [InlineData("BR_RESULT_[A-Z_]+", typeof(ResultStatus))]
    [InlineData("BR_ROLE_[A-Z_]+", typeof(Role))]
    [InlineData("BR_SOURCE_[A-Z_0-9]+", typeof(Source))]
    [InlineData("BR_LOG_[A-Z_]+", typeof(LogLevel))]
    [InlineData("BR_ORDER_[A-Z_]+", typeof(ResultOrder))]
    public void every_number_of_the_header_has_a_name(string pattern, Type names)
    {
        IEnumerable<int> numbers = Regex.Matches(Header, $@"\b{pattern} = (-?\d+)")
            .Select(match => int.Parse(match.Groups[1].Value)).Where(number => names != typeof(ErrorCode) || number < 0);
        Assert.NotEmpty(numbers);
        Assert.All(numbers, number => Assert.True(Enum.IsDefined(names, number), $"{names.Name} has no {number}"));
    }

    [Fact]
    public void the_abi_is_the_headers()
    {
        string number = Regex.Match(Header, @"#define BR_ABI_VERSION (\d+)").Groups[1].Value;
        Assert.Equal(number, $"{LibraryLoader.AbiVersion}");
        Assert.Equal(number, $"{BatchRouterLibrary.AbiVersion}");
    }

    private static string[] Declared() => typeof(NativeMethods)
        .GetMethods(BindingFlags.Public | BindingFlags.Static).Select(method => method.Name)
        .Where(name => name.StartsWith("br_", StringComparison.Ordinal)).Distinct().ToArray();
}
