import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Period;
import java.time.ZoneId;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs SQL scripts on one embedded Flink cluster: java -cp ... RunScript.java FILE...
 *
 * <p>A file holds statements with a NUL character between them; each file gets a fresh table environment. Prints a JSON line per
 * statement: {"script": i, "statement": j, and "columns": [[name, type, nullable]...], "rows": [[...]...] (the final rows, every
 * scalar as text) or "error": text}.
 */
public class RunScript {
    private static final int STATEMENT_TIMEOUT_SECONDS = 45;
    private static final ScheduledExecutorService ALARMS = Executors.newSingleThreadScheduledExecutor();
    private static final Pattern SET = Pattern.compile("(?is)\\s*SET\\s+'([^']*)'\\s*=\\s*'((?:[^']|'')*)'\\s*");
    private static final Pattern RESET = Pattern.compile("(?is)\\s*RESET\\s+'([^']*)'\\s*");
    private static final Pattern FIRST_WORD = Pattern.compile("(?s)(?:\\s|--[^\\n]*\\n|/\\*.*?\\*/)*([A-Za-z]+).*");

    public static void main(String[] files) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        Configuration configuration = new Configuration();
        configuration.setString("rest.bind-port", "0");
        configuration.set(RestOptions.ADDRESS, "localhost");
        configuration.setString("taskmanager.memory.network.min", "64mb");
        configuration.setString("taskmanager.memory.network.max", "64mb");
        configuration.setString("taskmanager.memory.managed.size", "128mb");
        MiniClusterConfiguration shape = new MiniClusterConfiguration.Builder().setConfiguration(configuration)
                .setNumTaskManagers(1).setNumSlotsPerTaskManager(4).build();
        try (MiniCluster cluster = new MiniCluster(shape)) {
            cluster.start();
            int port = cluster.getRestAddress().get().getPort();
            for (int i = 0; i < files.length; i++) {
                runFile(out, i, Files.readString(Path.of(files[i])), port);
            }
        }
        System.exit(0);
    }

    private static void runFile(PrintStream out, int script, String text, int port) {
        Configuration configuration = new Configuration();
        configuration.setString("execution.target", "remote");
        configuration.setString("rest.address", "localhost");
        configuration.setString("rest.port", Integer.toString(port));
        configuration.setString("parallelism.default", "1");
        configuration.setString("restart-strategy.type", "none");
        StreamExecutionEnvironment environment = new StreamExecutionEnvironment(configuration);
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        String[] statements = text.split("\0");
        for (int j = 0; j < statements.length; j++) {
            StringBuilder line = new StringBuilder("{\"script\":" + script + ",\"statement\":" + j);
            try {
                runInTime(tables, statements[j], line);
            } catch (Throwable e) {
                line.setLength(line.indexOf(",\"statement\":" + j) + (",\"statement\":" + j).length());
                line.append(",\"error\":").append(quoted(messages(e)));
            }
            out.println(line.append('}'));
            out.flush();
        }
    }

    /** Stays on this thread, where Flink's planner keeps what it knows; a statement that hangs is interrupted. */
    private static void runInTime(StreamTableEnvironment tables, String statement, StringBuilder line) throws Exception {
        Thread runner = Thread.currentThread();
        ScheduledFuture<?> alarm = ALARMS.schedule(runner::interrupt, STATEMENT_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        try {
            runStatement(tables, statement, line);
        } finally {
            alarm.cancel(false);
            Thread.interrupted();
        }
    }

    private static void runStatement(StreamTableEnvironment tables, String statement, StringBuilder line) throws Exception {
        Matcher set = SET.matcher(statement);
        Matcher reset = RESET.matcher(statement);
        if (set.matches()) {
            tables.getConfig().set(set.group(1), set.group(2).replace("''", "'"));
            return;
        }
        if (reset.matches()) {
            tables.getConfig().getConfiguration().removeKey(reset.group(1));
            return;
        }
        Matcher word = FIRST_WORD.matcher(statement);
        String first = word.matches() ? word.group(1).toUpperCase() : "";
        if (first.equals("INSERT") || first.equals("EXECUTE") || first.equals("CREATE")) {
            // A streaming file sink commits its files with a checkpoint.
            tables.getConfig().set("execution.checkpointing.interval", "200 ms");
            try {
                TableResult job = tables.executeSql(statement);
                if (job.getJobClient().isPresent()) { // a CREATE has one when it is CREATE TABLE … AS
                    job.await();
                }
            } finally {
                tables.getConfig().getConfiguration().removeKey("execution.checkpointing.interval");
            }
            return;
        }
        TableResult result = tables.executeSql(statement);
        if (first.equals("SELECT") || first.equals("WITH") || first.equals("VALUES") || first.equals("SHOW")
                || first.equals("DESCRIBE") || first.equals("DESC")) {
            printRows(result, tables.getConfig().getLocalTimeZone(), line);
        }
    }

    /** The rows that are left when all changes are done. */
    private static void printRows(TableResult result, ZoneId zone, StringBuilder line) throws Exception {
        List<Column> columns = result.getResolvedSchema().getColumns();
        line.append(",\"columns\":[");
        for (int i = 0; i < columns.size(); i++) {
            LogicalType type = columns.get(i).getDataType().getLogicalType();
            line.append(i > 0 ? "," : "").append('[').append(quoted(columns.get(i).getName())).append(',')
                    .append(quoted(type.copy(true).asSummaryString())).append(',').append(type.isNullable()).append(']');
        }
        line.append("],\"rows\":[");
        Map<String, Integer> counts = new LinkedHashMap<>();
        try (CloseableIterator<Row> rows = result.collect()) {
            while (rows.hasNext()) {
                Row row = rows.next();
                StringBuilder text = new StringBuilder("[");
                for (int i = 0; i < columns.size(); i++) {
                    text.append(i > 0 ? "," : "");
                    print(row.getField(i), columns.get(i).getDataType().getLogicalType(), zone, text);
                }
                boolean added = switch (row.getKind()) { case INSERT, UPDATE_AFTER -> true; default -> false; };
                counts.merge(text.append(']').toString(), added ? 1 : -1, Integer::sum);
            }
        }
        boolean first = true;
        for (Map.Entry<String, Integer> entry : counts.entrySet()) {
            if (entry.getValue() < 0) {
                throw new IllegalStateException("a row was taken back that was never there: " + entry.getKey());
            }
            for (int i = 0; i < entry.getValue(); i++) {
                line.append(first ? "" : ",").append(entry.getKey());
                first = false;
            }
        }
        line.append(']');
    }

    private static void print(Object value, LogicalType type, ZoneId zone, StringBuilder out) {
        if (value == null) {
            out.append("null");
        } else if (value instanceof Row row) {
            List<String> names = LogicalTypeChecks.getFieldNames(type);
            out.append('{');
            for (int i = 0; i < row.getArity(); i++) {
                out.append(i > 0 ? "," : "").append(quoted(names.get(i))).append(':');
                print(row.getField(i), type.getChildren().get(i), zone, out);
            }
            out.append('}');
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            int i = 0;
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(i++ > 0 ? "," : "");
                StringBuilder key = new StringBuilder();
                print(entry.getKey(), type.getChildren().get(0), zone, key);
                out.append(key.charAt(0) == '"' ? key : quoted(key.toString())).append(':');
                print(entry.getValue(), type.getChildren().get(1), zone, out);
            }
            out.append('}');
        } else if (value instanceof byte[] bytes) {
            out.append(quoted(Base64.getEncoder().encodeToString(bytes)));
        } else if (value.getClass().isArray()) {
            out.append('[');
            for (int i = 0; i < java.lang.reflect.Array.getLength(value); i++) {
                out.append(i > 0 ? "," : "");
                print(java.lang.reflect.Array.get(value, i), type.getChildren().get(0), zone, out);
            }
            out.append(']');
        } else {
            out.append(quoted(scalar(value, type, zone)));
        }
    }

    private static String scalar(Object value, LogicalType type, ZoneId zone) {
        if (value instanceof BigDecimal number) {
            return number.toPlainString();
        }
        if (value instanceof Instant instant) {
            return scalar(LocalDateTime.ofInstant(instant, zone), type, zone);
        }
        if (value instanceof LocalDateTime time) {
            return time.toLocalDate() + " " + clock(time.toLocalTime(), LogicalTypeChecks.getPrecision(type));
        }
        if (value instanceof LocalTime time) {
            return clock(time, LogicalTypeChecks.getPrecision(type));
        }
        if (value instanceof Duration time) {
            return String.format("%s%d %02d:%02d:%02d.%03d", time.isNegative() ? "-" : "+", time.abs().toDays(), time.abs().toHoursPart(),
                    time.abs().toMinutesPart(), time.abs().toSecondsPart(), time.abs().toMillisPart());
        }
        if (value instanceof Period months) {
            long all = months.toTotalMonths();
            return String.format("%s%d-%02d", all < 0 ? "-" : "+", Math.abs(all) / 12, Math.abs(all) % 12);
        }
        return value.toString();
    }

    private static String clock(LocalTime time, int precision) {
        String text = String.format("%02d:%02d:%02d", time.getHour(), time.getMinute(), time.getSecond());
        String digits = String.format("%09d", time.get(ChronoField.NANO_OF_SECOND));
        return precision > 0 ? text + "." + digits.substring(0, precision) : text;
    }

    private static String messages(Throwable error) {
        List<String> texts = new ArrayList<>();
        for (Throwable e = error; e != null; e = e.getCause()) {
            texts.add(e.getClass().getSimpleName() + ": " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        return texts.get(0) + (texts.size() > 1 ? " <- " + texts.get(texts.size() - 1) : "");
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
