using System.Diagnostics;
using BatchRouter.Native;
using Xunit;

namespace BatchRouter.Tests;

public class LoaderTests
{
    [Fact]
    public void missing_library_names_every_path_and_the_package()
    {
        var failure = Assert.Throws<DllNotFoundException>(() => LibraryLoader.Load(["/nowhere/a.so", "/nowhere/b.so"]));
        Assert.Contains("/nowhere/a.so", failure.Message);
        Assert.Contains("/nowhere/b.so", failure.Message);
        Assert.Contains("NuGet package BatchRouter", failure.Message);
        Assert.Contains(LibraryLoader.Variable, failure.Message);
    }

    [Fact]
    public void other_library_is_refused()
    {
        var failure = Assert.Throws<DllNotFoundException>(() => LibraryLoader.Load(["libc.so.6"]));
        Assert.Contains("libc.so.6: is no libbatchrouter", failure.Message);
    }

    [Fact]
    public void library_of_another_abi_is_named_with_found_and_needed()
    {
        using var workspace = new Workspace();
        string source = Path.Combine(workspace.Directory, "old.c"), library = Path.Combine(workspace.Directory, "old.so");
        File.WriteAllText(source, "int br_abi_version(void){return 77;}\nconst char*br_version(void){return \"0.0.7\";}\n");
        using (Process compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, source])) compiler.WaitForExit();
        var failure = Assert.Throws<DllNotFoundException>(() => LibraryLoader.Load([library]));
        Assert.Contains("is version 0.0.7 with ABI 77, and ABI 0 is needed", failure.Message);
    }

    [Fact]
    public void search_order_is_program_runtimes_system()
    {
        string[] order = LibraryLoader.Candidates(null).ToArray();
        Assert.Equal(Path.Combine(AppContext.BaseDirectory, "libbatchrouter.so.0"), order[0]);
        Assert.EndsWith("/native/libbatchrouter.so.0", order[1]);
        Assert.Equal("libbatchrouter.so.0", order[2]);
        Assert.Equal(["/chosen.so"], LibraryLoader.Candidates("/chosen.so"));
    }
}
