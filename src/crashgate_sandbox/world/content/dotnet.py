"""warehouse-scanner: a scanning station on .NET. Rule: invented, in the words of real .NET exceptions."""

from crashgate_sandbox.world.platform import Crumb, Device, Headline, Kind, LibraryFrame, Place, Platform, Surface

_GIB = 1024**3

PLACES = (
    Place(
        file="Scanner/Devices/SerialScanner.cs",
        method="Globex.Scanner.Devices.SerialScanner.ReadLoop()",
        line=71,
        context="ReceivingView",
        code=(
            "    while (!_stop.IsCancellationRequested)",
            "    {",
            "        var line = _port.ReadLine();",
            "        Scanned?.Invoke(this, Barcode.Parse(line));",
            "    }",
        ),
    ),
    Place(
        file="Scanner/Stock/PickListService.cs",
        method="Globex.Scanner.Stock.PickListService.Complete(PickList list)",
        line=44,
        context="PickingView",
        code=(
            "    public async Task Complete(PickList list)",
            "    {",
            "        var bin = list.Lines.Single(l => l.Open).Bin;",
            "        await _api.Complete(list.Id, bin.Code);",
            "    }",
        ),
    ),
    Place(
        file="Scanner/Printing/LabelPrinter.cs",
        method="Globex.Scanner.Printing.LabelPrinter.Print(Label label)",
        line=93,
        context="PackingView",
        code=(
            "    public void Print(Label label)",
            "    {",
            "        using var socket = Connect(_settings.Printer);",
            "        socket.Send(label.ToZpl());",
            "    }",
        ),
    ),
    Place(
        file="Scanner/Sync/OfflineQueue.cs",
        method="Globex.Scanner.Sync.OfflineQueue.Flush()",
        line=58,
        context="OfflineQueue",
        code=(
            "    foreach (var item in _items)",
            "    {",
            "        var sent = await _api.Push(item);",
            "        if (sent) _items.Remove(item);",
            "    }",
        ),
    ),
)

DOTNET = Platform(
    type="dotnet_desktop",
    language="csharp",
    surface=Surface.DESKTOP,
    app_id="Globex.Scanner",
    app_type="dotnet",
    runtime={"dotnet": "9.0.11"},
    headlines=(
        Headline(
            kind=Kind(
                error_class="System.InvalidOperationException",
                message="Collection was modified; enumeration operation may not execute.",
            ),
            place=3,
            events=134,
            age_days=16,
        ),
        Headline(
            kind=Kind(error_class="System.IO.IOException", message="The port 'COM4' does not exist."),
            place=0,
            events=72,
            age_days=52,
            status="for_review",
        ),
    ),
    kinds=(
        Kind(
            error_class="System.NullReferenceException", message="Object reference not set to an instance of an object."
        ),
        Kind(
            error_class="System.Net.Http.HttpRequestException",
            message="No connection could be made because {host} actively refused it.",
            severity="warning",
            unhandled=False,
            cause=("System.Net.Sockets.SocketException", "Connection refused"),
        ),
        Kind(error_class="System.TimeoutException", message="The operation has timed out after {ms} ms."),
        Kind(error_class="System.FormatException", message="The input string '{sku}' was not in a correct format."),
        Kind(
            error_class="System.InvalidOperationException", message="Sequence contains more than one matching element"
        ),
        Kind(
            error_class="System.UnauthorizedAccessException",
            message="Access to the path 'C:\\Scanner\\queue' is denied.",
        ),
        Kind(
            error_class="Globex.Scanner.Stock.UnknownBin",
            message="Bin {sku} is not in aisle {n}",
            severity="info",
            unhandled=False,
        ),
    ),
    places=PLACES,
    above=(LibraryFrame(file="System.Private.CoreLib", method="System.ThrowHelper.ThrowInvalidOperationException()"),),
    below=(
        LibraryFrame(file="System.Private.CoreLib", method="System.Threading.ExecutionContext.RunInternal(...)"),
        LibraryFrame(file="WindowsBase", method="System.Windows.Threading.DispatcherOperation.InvokeImpl()"),
        LibraryFrame(file="WindowsBase", method="System.Windows.Threading.Dispatcher.PushFrameImpl(...)"),
        LibraryFrame(file="PresentationFramework", method="System.Windows.Application.Run()"),
    ),
    devices=(
        Device(
            hostname="DOCK-01",
            model="OptiPlex 3000",
            manufacturer="Dell Inc.",
            os_name="Windows",
            os_versions=("10.0.19045",),
            memory=8 * _GIB,
        ),
        Device(
            hostname="DOCK-07",
            model="OptiPlex 3000",
            manufacturer="Dell Inc.",
            os_name="Windows",
            os_versions=("10.0.19045", "10.0.26100"),
            memory=8 * _GIB,
        ),
        Device(
            hostname="PACK-03",
            model="ThinkCentre M70q",
            manufacturer="LENOVO",
            os_name="Windows",
            os_versions=("10.0.26100",),
            memory=16 * _GIB,
        ),
    ),
    threads=("UI", "SerialScanner", "OfflineQueue", ".NET TP Worker"),
    trail=(
        Crumb(name="Signed in", type="user", data={"badge": "0042"}),
        Crumb(name="ReceivingView", type="navigation"),
        Crumb(name="Scan", type="user", data={"symbology": "EAN-13"}),
        Crumb(name="PUT /stock/receive", type="request", data={"status": 200}),
        Crumb(name="Wi-Fi lost", type="state", data={"signal": -84}),
        Crumb(name="queued offline", type="log", data={"waiting": 17}),
        Crumb(name="Wi-Fi back", type="state", data={"signal": -61}),
        Crumb(name="flush started", type="process", data={"items": 17}),
    ),
)
